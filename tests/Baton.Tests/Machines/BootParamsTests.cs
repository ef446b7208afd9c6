using System.Buffers.Binary;
using Baton.Bytes;
using Baton.Formats.BzImage;
using Baton.Machines;

namespace Baton.Tests.Machines;

public sealed class BootParamsTests
{
    /// <summary>boot_params of a UEFI machine with an EFI framebuffer above 4 GiB and two entries of e820.</summary>
    internal static byte[] UefiBootParams()
    {
        byte[] page = new byte[BootParamsFields.Size];
        BootParamsFields.OrigVideoIsVga.Write(page, 0x70);
        BootParamsFields.LfbWidth.Write(page, 1280);
        BootParamsFields.LfbHeight.Write(page, 800);
        BootParamsFields.LfbDepth.Write(page, 32);
        BootParamsFields.LfbLinelength.Write(page, 5120);
        BootParamsFields.LfbBase.Write(page, 0x8000_0000);
        BootParamsFields.ExtLfbBase.Write(page, 0x40);
        BootParamsFields.Capabilities.Write(page, 2);
        BootParamsFields.LfbSize.Write(page, 0x3e8000);
        BootParamsFields.EfiLoaderSignature.Write(page, BootParamsFields.Efi64LoaderSignature);
        BootParamsFields.EfiSystab.Write(page, 0x3f5e_b018);
        BootParamsFields.EfiMemmap.Write(page, 0x3f77_1040);
        BootParamsFields.EfiMemmapSize.Write(page, 3 * 48);
        BootParamsFields.EfiMemdescSize.Write(page, 48);
        BootParamsFields.EfiMemdescVersion.Write(page, 1);
        BootParamsFields.SecureBoot.Write(page, 3);
        BootParamsFields.E820Entries.Write(page, 2);
        WriteE820(page, 0, 0x1000, 0x9e000, 1);
        WriteE820(page, 1, 0x100000, 0x3ff00000, 1);
        return page;
    }

    [Fact]
    public void Reads_every_fact()
    {
        RunningBootParams read = RunningBootParams.Parse(UefiBootParams(), "data");

        Assert.Null(read.AcpiRsdp);
        Assert.Equal(64, read.EfiBits);
        Assert.Equal("0x3f5eb018", $"{read.EfiSystemTable}");
        Assert.True(read.SecureBoot);
        Assert.Equal("[0x3f771040, 0x3f7710d0)", $"{read.EfiMap?.Range}");
        Assert.Equal(48U, read.EfiMap?.DescriptorSize);
        Assert.Equal(
            ["[0x1000, 0x9f000) System RAM [boot_params]", "[0x100000, 0x40000000) System RAM [boot_params]"],
            read.E820.Select(r => r.ToString()));
        Assert.NotNull(read.Framebuffer);
        Assert.Equal("[0x4080000000, 0x40803e8000)", $"{read.Framebuffer.Range}");
        Assert.Equal((1280, 800, 32, 5120), (
            read.Framebuffer.Width, read.Framebuffer.Height, read.Framebuffer.Depth, read.Framebuffer.Stride));
    }

    [Fact]
    public void A_vesa_framebuffer_is_counted_in_64_KiB_and_text_mode_has_none()
    {
        byte[] page = UefiBootParams();
        BootParamsFields.OrigVideoIsVga.Write(page, 0x23);
        BootParamsFields.Capabilities.Write(page, 0);
        BootParamsFields.LfbSize.Write(page, 0x10);
        Assert.Equal("[0x80000000, 0x80100000)", $"{RunningBootParams.Parse(page, "data").Framebuffer?.Range}");

        BootParamsFields.OrigVideoIsVga.Write(page, 1);
        Assert.Null(RunningBootParams.Parse(page, "data").Framebuffer);
    }

    [Fact]
    public void A_32_bit_firmware_has_no_upper_half_of_an_address()
    {
        byte[] page = UefiBootParams();
        BootParamsFields.EfiLoaderSignature.Write(page, BootParamsFields.Efi32LoaderSignature);
        BootParamsFields.EfiSystabHi.Write(page, 7);

        RunningBootParams read = RunningBootParams.Parse(page, "data");

        Assert.Equal(32, read.EfiBits);
        Assert.Equal("0x3f5eb018", $"{read.EfiSystemTable}");
    }

    [Fact]
    public void Names_the_field_that_is_out_of_range()
    {
        byte[] page = UefiBootParams();
        BootParamsFields.E820Entries.Write(page, 129);
        Assert.Equal("data+0x1e8 (e820_entries)", Where(page));

        page = UefiBootParams();
        WriteE820(page, 1, ulong.MaxValue, 2, 1);
        Assert.Equal("data+0x2ec (e820_table.size)", Where(page));

        Assert.Equal("data+0x0 (boot_params)", Where(page[..4095]));
    }

    [Fact]
    public void Survives_every_damage() => Corruptions.Check(
        UefiBootParams(), bytes => Assert.NotEmpty(RunningBootParams.Parse(bytes, "data").ToString()), step: 3);

    private static string Where(byte[] page) =>
        Assert.Throws<ImageFormatException>(() => RunningBootParams.Parse(page, "data")).Where.ToString();

    internal static void WriteE820(byte[] page, int index, ulong start, ulong size, uint type)
    {
        Span<byte> entry = page.AsSpan(BootParamsFields.E820Table.Offset + (index * BootParamsFields.E820EntrySize));
        BinaryPrimitives.WriteUInt64LittleEndian(entry, start);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], size);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[16..], type);
    }
}
