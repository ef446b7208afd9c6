using System.Security.Cryptography;
using System.Text;
using Baton.Bytes;
using Baton.Memory;
using Baton.Protocols.FreeBsd;
using Baton.Tests.Formats;

namespace Baton.Tests.Protocols.FreeBsd;

/// <summary>The chain of records, the environment and the flags of a FreeBSD kernel.</summary>
public sealed class MetadataTests
{
    private static readonly MemoryMap Map = MemoryMap.Of(
    [
        TestMachines.Region(0, 0x9fc00, MemoryKind.Ram),
        TestMachines.Region(0x9fc00, 0xa0000, MemoryKind.Reserved),
        TestMachines.Region(0xf0000, 0x10_0000, MemoryKind.Reserved),
        TestMachines.Region(0x10_0000, 0x7ffe_0000, MemoryKind.Ram),
        TestMachines.Region(0x7ffe_0000, 0x8000_0000, MemoryKind.Reserved),
    ]);

    [Fact]
    public void The_worked_example_comes_out_byte_for_byte()
    {
        byte[] chain = Example();
        Assert.Equal(336, chain.Length);
        Assert.Equal(
            "ce2c681e0de70456a1a92b8c85d673faacbb4d3d30374a38eeaefdbb3e72715c",
            Convert.ToHexStringLower(SHA256.HashData(chain)));
    }

    [Fact]
    public void A_chain_reads_back()
    {
        IReadOnlyList<MetadataRecord> records = MetadataChain.Read(Example(), "chain");
        Assert.Equal(12, records.Count);
        Assert.Equal("/boot/kernel/kernel", records[0].Text);
        Assert.Equal(0x1800UL, records[4].Number);
        Assert.Equal(100, records[7].Payload.Length);
        Assert.Equal(0x10_0000UL, records[^1].Number);
    }

    [Fact]
    public void Each_prefix_of_a_chain_is_truncated() =>
        Corruption.CheckPrefixes(Example(), bytes => MetadataChain.Read(bytes, "chain"));

    [Fact]
    public void Corrupt_chains_raise_nothing_but_the_format_exception() =>
        Corruption.Check(Example(), [0..336], bytes => MetadataChain.Read(bytes, "chain"));

    [Theory]
    [InlineData("-sv", 0x802)]
    [InlineData("-s -v", 0x802)]
    [InlineData("adDghmprvPCs", 0x3011_b863)]
    [InlineData("", 0)]
    public void Letters_are_flags(string letters, uint howto) => Assert.Equal((BootHowto)howto, BootFlags.Parse(letters));

    [Fact]
    public void A_letter_that_no_kernel_knows_is_refused() =>
        Assert.Equal(ImageError.BadSyntax, Assert.Throws<ImageFormatException>(() => BootFlags.Parse("-sx")).Error);

    [Theory]
    [InlineData("boot_single=YES", 0x2)]
    [InlineData("boot_single=no", 0)]
    [InlineData("boot_single=NO", 0)]
    [InlineData("boot_single=", 0x2)]
    [InlineData("boot_verbose", 0x800)]
    [InlineData("console=comconsole", 0x1000)]
    [InlineData("console=nullconsole", 0x1_0000)]
    [InlineData("console=comconsole,vidconsole", 0x2000_1000)]
    [InlineData("console=vidconsole comconsole", 0x2000_0000)]
    [InlineData("console=vidconsole", 0)]
    public void Variables_are_flags(string assignment, uint howto)
    {
        KernelEnvironment environment = new();
        environment.SetFrom(assignment);
        Assert.Equal((BootHowto)howto, BootFlags.Of(environment));
    }

    [Fact]
    public void The_environment_keeps_the_order_and_the_last_value()
    {
        KernelEnvironment environment = new();
        environment.Set("b", "1");
        environment.Set("a", "x y");
        environment.Set("b", "2");
        environment.SetDefault("a", "no");
        Assert.Equal("b=2\0a=x y\0\0", Encoding.ASCII.GetString(environment.Write()));
        Assert.Equal([0], new KernelEnvironment().Write());
    }

    [Theory]
    [InlineData(127, 127, true)]
    [InlineData(128, 1, false)]
    [InlineData(1, 128, false)]
    public void A_variable_that_the_kernel_would_drop_is_refused(int name, int value, bool isTaken)
    {
        KernelEnvironment environment = new();
        environment.Set(new string('n', name), new string('v', value));
        ImageFormatException? e = Record.Exception(() => environment.Write()) as ImageFormatException;
        Assert.Equal(isTaken, e is null);
        Assert.Equal(isTaken ? null : ImageError.OutOfRange, e?.Error);
    }

    [Fact]
    public void Too_many_variables_are_refused()
    {
        KernelEnvironment environment = new();
        foreach (int i in Enumerable.Range(0, KernelEnvironment.Most + 1))
        {
            environment.Set($"v{i}", "1");
        }

        Assert.Equal(ImageError.OutOfRange, Assert.Throws<ImageFormatException>(() => environment.Write()).Error);
    }

    private static byte[] Example() => MetadataChain.Write(
    [
        MetadataRecord.Of(ModInfo.Name, "/boot/kernel/kernel"),
        MetadataRecord.Of(ModInfo.Type, ModInfo.KernelType),
        MetadataRecord.Of(ModInfo.Address, 0x20_0000UL),
        MetadataRecord.Of(ModInfo.Size, 0x1a2_c3d8UL),
        MetadataRecord.Of(ModInfo.Howto, (uint)(BootHowto.Verbose | BootHowto.Serial)),
        MetadataRecord.Of(ModInfo.Environment, 0x1d2_d000UL),
        MetadataRecord.Of(ModInfo.KernEnd, 0x1d2_f000UL),
        new MetadataRecord(ModInfo.Smap, SmapTable.Write(Map)),
        MetadataRecord.Of(ModInfo.Name, "/boot/mfsroot"),
        MetadataRecord.Of(ModInfo.Type, ModInfo.MemoryDiskType),
        MetadataRecord.Of(ModInfo.Address, 0x1c2_d000UL),
        MetadataRecord.Of(ModInfo.Size, 0x10_0000UL),
    ]);
}
