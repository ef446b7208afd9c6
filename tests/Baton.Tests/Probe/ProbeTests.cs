using System.Text;
using Baton.Bytes;
using Baton.Formats.BzImage;
using Baton.Probe;

namespace Baton.Tests.Probe;

/// <summary>The probe is a kernel as far as a loader can see, and its lines are read back.</summary>
public sealed class ProbeTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_probe_is_a_valid_bzImage(bool takes5Level)
    {
        ProbeKernel probe = new() { Takes5Level = takes5Level, InitSize = 0x300_0000, CmdlineSize = 300 };
        byte[] image = probe.Build();
        BzImageFile file = BzImageFile.Open(new ArraySource(image, "probe"));
        Assert.Equal(0x300_0000UL, file.InitSize);
        Assert.Equal(300U, file.CommandLineLimit);
        Assert.Equal(0x200, file.Entry64Offset);
        Assert.Equal("0.1-probe (baton)", file.Version);
        Assert.Equal(takes5Level, file.Header.XLoadFlags.HasFlag(XLoadFlags.FiveLevel));
        Assert.True(file.Header.Relocatable);
        Assert.Equal(image.Length - (int)file.KernelOffset, (int)file.KernelLength);
    }

    [Fact]
    public void Its_lines_are_picked_out_of_a_console()
    {
        ProbeOutput output = ProbeOutput.Parse(
        [
            "[    1.0] kexec_core: Starting new kernel",
            "PROBE rsi=0000000000001000\r",
            "noise PROBE cmdline=0000000000002010",
            $"PROBE @0000000000002010={Convert.ToHexString(Encoding.ASCII.GetBytes("two words\0".PadRight(32, 'x')))}",
            "PROBE setup_data=0000000000003000",
            "PROBE setup_data=0000000000004000",
            "PROBE done",
        ]);
        Assert.True(output.IsComplete);
        Assert.Equal(0x1000UL, output["rsi"]);
        Assert.Equal("two words", output.CommandLine);
        Assert.Equal([0x3000UL, 0x4000UL], output.SetupData);
        Assert.Equal("wor"u8, output.Read(0x2014, 3));
        Assert.Throws<KeyNotFoundException>(() => output.Read(0x2030, 1));
        Assert.Throws<KeyNotFoundException>(() => output["rip"]);
        Assert.False(ProbeOutput.Parse(["PROBE rsi=0"]).IsComplete);
    }

    [Theory]
    [InlineData("PROBE nothing")]
    [InlineData("PROBE rsi=12x")]
    [InlineData("PROBE @12=0g")]
    public void A_garbled_line_is_an_error(string line) =>
        Assert.Throws<FormatException>(() => ProbeOutput.Parse([line]));

    [Fact]
    public void The_checksum_sees_order_and_every_byte()
    {
        byte[] bytes = [.. Enumerable.Range(0, 20).Select(i => (byte)i)];
        ulong sum = ProbeChecksum.Of(bytes);
        for (int i = 0; i < bytes.Length; i++)
        {
            byte[] other = [.. bytes];
            other[i] ^= 1;
            Assert.NotEqual(sum, ProbeChecksum.Of(other));
        }

        Assert.NotEqual(sum, ProbeChecksum.Of([.. bytes[8..16], .. bytes[..8], .. bytes[16..]]));
        Assert.Equal(ProbeChecksum.OffsetBasis, ProbeChecksum.Of([]));
    }
}
