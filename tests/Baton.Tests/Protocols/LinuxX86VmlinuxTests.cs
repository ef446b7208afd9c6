using Baton.Bytes;
using Baton.Formats.Elf;
using Baton.Protocols.LinuxX86;
using Baton.Tests.Formats;

namespace Baton.Tests.Protocols;

/// <summary>Which ELF files are taken for a vmlinux, and what is taken for granted of one.</summary>
public sealed class LinuxX86VmlinuxTests
{
    [Fact]
    public void A_vmlinux_is_entered_with_4_levels_of_page_tables()
    {
        LinuxX86Kernel kernel = LinuxX86Vmlinux.From(ElfFile.Open(TestImages.Source(TestImages.Elf())));
        Assert.False(kernel.Takes5Level);
        Assert.Equal((0x100UL, 0x10_8000UL), (kernel.EntryOffset, kernel.Footprint));
    }

    [Theory]
    [InlineData("silent", "another system's")]
    [InlineData("low", "nothing in it is linked at 0xffffffff80000000 or above")]
    [InlineData("low silent", "a program or another system's kernel")]
    [InlineData("silent interpreter", "a program that needs an interpreter (PT_INTERP)")]
    [InlineData("silent shared", "a position-independent program or library")]
    public void Another_ELF_file_is_refused_with_what_it_looks_like(string defects, string words)
    {
        byte[] image = TestImages.Elf();
        foreach (string defect in defects.Split(' '))
        {
            Spoil(image, defect);
        }

        ImageFormatException e = Assert.Throws<ImageFormatException>(
            () => LinuxX86Vmlinux.From(ElfFile.Open(TestImages.Source(image))));
        Assert.Equal((ImageError.UnknownFormat, "format"), (e.Error, e.Where.Field));
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
        Assert.EndsWith("expected a Linux kernel: a vmlinux", e.Message, StringComparison.Ordinal);
    }

    private static void Spoil(byte[] image, string defect)
    {
        switch (defect)
        {
            case "silent":
                image.AsSpan(0x420, 0xe0).Replace((byte)'L', (byte)'l');
                break;
            case "low":
                // The upper halves of p_vaddr, in each of the three program headers.
                for (int i = 0; i < 3; i++)
                {
                    image.AsSpan(ElfFields.HeaderSize + (i * ElfFields.ProgramHeaderSize) + 0x14, 4).Clear();
                }

                break;
            case "interpreter":
                image[ElfFields.HeaderSize + (2 * ElfFields.ProgramHeaderSize)] = (byte)ElfSegmentType.Interp;
                break;
            default:
                ElfFields.Type.Write(image, (ushort)ElfType.Shared);
                break;
        }
    }
}
