using Baton.Bytes;
using Baton.Formats;
using Baton.Formats.Elf;
using Baton.Handoffs;

namespace Baton.Tests.Formats;

/// <summary>The ELF file of an arm64 kernel's build: an Image once its segments lie as they do in memory.</summary>
public sealed class Arm64VmlinuxTests
{
    private const long Most = 1 << 20;

    public static TheoryData<int, string> Broken => Vectors.Lines("arm64-vmlinux-broken.txt");

    [Fact]
    public void It_is_an_Image_in_an_ELF_file()
    {
        byte[] image = TestImages.Arm64Image();
        KernelImage kernel = Read(TestImages.Arm64Vmlinux(image));
        KernelImage plain = Read(image);
        Assert.Equal("Image in an ELF file (vmlinux)", kernel.FormatText);
        Assert.Equal(
            (plain.Architecture, plain.Version, plain.LoadedLength, plain.MemorySize),
            (kernel.Architecture, kernel.Version, kernel.LoadedLength, kernel.MemorySize));
        Assert.Equal(image, kernel.Arm64Image!.Source.ReadAll(image.Length).ToArray());
    }

    [Fact]
    public void Without_the_header_of_an_Image_it_is_an_ELF_file_of_its_own()
    {
        byte[] image = TestImages.Arm64Image();
        image[0x38] ^= 0xff;
        KernelImage kernel = Read(TestImages.Arm64Vmlinux(image));
        Assert.Equal(("ELF64", Architecture.Arm64), (kernel.FormatText, kernel.Architecture));
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_broken_file_is_refused_with_the_place_of_the_defect(int line, string vector) =>
        BrokenImages.Check(line, vector, TestImages.Arm64Vmlinux(TestImages.Arm64Image()), Read);

    [Fact]
    public void Damaged_files_are_read_or_refused() =>
        Corruption.Check(TestImages.Arm64Vmlinux(TestImages.Arm64Image()), [Range.EndAt(0xb0), 0x1000..0x1040], Read);

    [Fact]
    public void Segments_are_laid_out_as_objcopy_does_it_with_zeros_between()
    {
        using ForeignTool.TemporaryFolder folder = ForeignTool.Folder();
        File.WriteAllBytes(folder.File("a.bin"), TestImages.Sample(3000));
        File.WriteAllBytes(folder.File("b.bin"), TestImages.Sample(5001));
        File.WriteAllText(folder.File("script"), $$"""
            ENTRY(_text)
            PHDRS { text PT_LOAD FLAGS(7); data PT_LOAD FLAGS(6); }
            SECTIONS {
              . = 0xffff800008000000;
              _text = .;
              .text : { "{{folder.File("a.o")}}"(.data) } :text
              . = 0xffff800008010000;
              .data : { "{{folder.File("b.o")}}"(.data) } :data
              .bss : { . += 0x12345; } :data
            }
            """);
        string elf = folder.File("vmlinux");
        foreach (string name in (string[])["a", "b"])
        {
            ForeignTool.Run(
                "aarch64-linux-gnu-objcopy",
                ["-I", "binary", "-O", "elf64-littleaarch64", folder.File($"{name}.bin"), folder.File($"{name}.o")]);
        }

        ForeignTool.Run(
            "aarch64-linux-gnu-ld", ["-T", folder.File("script"), "-o", elf, folder.File("a.o"), folder.File("b.o")]);
        ForeignTool.Run("aarch64-linux-gnu-objcopy", ["-O", "binary", elf, folder.File("flat")]);
        byte[] flat = File.ReadAllBytes(folder.File("flat"));
        ElfLayout layout = ElfLayout.Of(ElfFile.Open(new ArraySource(File.ReadAllBytes(elf), "vmlinux")), Most);
        Assert.Equal(0x1_0000 + 5001, flat.Length);
        Assert.Equal(0xffff_8000_0800_0000, layout.VirtualStart);
        Assert.Equal(flat, layout.ReadAll(flat.Length).ToArray());

        // Pieces that begin and end anywhere are the same bytes.
        Random random = new(1);
        for (int i = 0; i < 1000; i++)
        {
            int from = random.Next(flat.Length);
            byte[] piece = new byte[random.Next(flat.Length - from)];
            layout.Read(from, piece);
            Assert.True(flat.AsSpan(from, piece.Length).SequenceEqual(piece), $"{piece.Length} bytes at {from}");
        }

        Assert.Throws<ImageFormatException>(() => layout.Read(flat.Length - 1, new byte[2]));
    }

    private static KernelImage Read(byte[] bytes) => KernelImages.Open(new ArraySource(bytes, "vmlinux"));
}
