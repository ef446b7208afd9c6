using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Baton.Bytes;
using Baton.Formats;
using Baton.Formats.Pe;
using Baton.Handoffs;

namespace Baton.Tests.Formats;

/// <summary>Reading PE images and unified kernel images, with objdump as the judge.</summary>
public sealed partial class PeTests
{
    /// <summary>The stub of systemd's unified kernel images, from the package systemd-boot-efi.</summary>
    private const string Stub = "/usr/lib/systemd/boot/efi/linuxx64.efi.stub";

    public static TheoryData<int, string> Broken => Vectors.Lines("pe-broken.txt");

    [Fact]
    public void An_image_is_read()
    {
        PeFile pe = PeFile.Open(TestImages.Source(Image()));
        Assert.Equal((PeMachine.X64, Architecture.X64, 0x40L), (pe.Machine, pe.Architecture, pe.HeaderOffset));
        Assert.Equal([".text", ".data"], pe.Sections.Select(s => s.Name));
        PeSection text = pe.Sections[0];
        Assert.Equal((0x200u, 100u, 0x200u), (text.PointerToRawData, text.ContentLength, text.SizeOfRawData));
        Assert.Null(pe.Signature);
        Assert.False(UkiFile.Matches(pe));
    }

    [Fact]
    public void A_signature_is_found()
    {
        byte[] image = [.. Image(), .. new byte[8]];
        PeFields.CertificateTable64.Write(image.AsSpan(0x40), 0x600);
        PeFields.CertificateTable64.Write(image.AsSpan(0x44), 8);
        PeSignature signature = PeFile.Open(TestImages.Source(image)).Signature!;
        Assert.Equal((0x600u, 8u, 0x608L, 0xe8L), (signature.Offset, signature.Length, signature.End, signature.TableField));
        Assert.Equal(signature, PeSignature.Find(new ByteView(image, "")));

        // An image without that data directory has none, whatever the bytes are.
        PeFields.NumberOfRvaAndSizes.Write(image.AsSpan(0x40), PeFields.CertificateTable);
        Assert.Null(PeFile.Open(TestImages.Source(image)).Signature);
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_broken_image_is_refused_with_the_place_of_the_defect(int line, string vector) =>
        BrokenImages.Check(line, vector, Image(), image => PeFile.Open(TestImages.Source(image)));

    [Fact]
    public void A_unified_kernel_image_is_read_without_copies()
    {
        byte[] kernel = TestImages.Arm64Image();
        byte[] image = TestImages.Uki(kernel);
        UkiFile uki = Uki(image);
        Assert.Equal(
            [".osrel", ".cmdline", ".uname", ".ucode", ".initrd", ".dtb", ".sbat", ".linux"], uki.Sections.Select(s => s.Name));
        Assert.Equal(kernel, uki.Linux.ReadAll(kernel.Length));
        Assert.Equal(TestImages.Gzip(TestImages.Cpio()), uki.Initrd!.ReadAll(1 << 20));
        Assert.Equal(TestImages.BoardTree(), uki.Dtb!.ReadAll(1 << 20));
        Assert.Equal(TestImages.Microcode().Length, uki.Ucode!.Length);
        Assert.All(uki.Sections, s => Assert.IsType<SourceSlice>(s.Content));
        Assert.Equal(("console=ttyAMA0 quiet", "6.1.0-test", "Test 1"), (uki.CommandLine, uki.Uname, uki.PrettyName));
        Assert.Contains(uki.Findings, f => f.Id == "pe-unsigned");
    }

    [Fact]
    public void Profiles_have_sections_of_their_own_and_those_of_the_base()
    {
        UkiFile uki = Uki(TestPe.Build(
            PeMachine.X64,
            (".linux", new byte[16]), (".cmdline", "base"u8.ToArray()),
            (".profile", "ID=a\n"u8.ToArray()), (".cmdline", "first"u8.ToArray()),
            (".profile", "ID=b\n"u8.ToArray()), (".initrd", new byte[8])));
        Assert.Equal((2, 0, "a"), (uki.Profiles, uki.Profile, uki.ProfileName));
        Assert.Equal("first", uki.CommandLine);
        Assert.Equal(5, uki.Section(".cmdline", 0)!.Length);
        Assert.Equal(4, uki.Section(".cmdline", 1)!.Length);
        Assert.Equal(8, uki.Section(".initrd", 1)!.Length);
        Assert.Null(uki.Section(".initrd", 0));
        Assert.Null(uki.Initrd);
        Assert.Equal([".linux", ".profile", ".cmdline"], uki.Taken.Select(s => s.Name));
        string text = uki.Findings.Single(f => f.Id == "uki-profiles").Text;
        Assert.Contains("2 profiles; the first (a) is taken", text, StringComparison.Ordinal);
    }

    /// <summary>A stub without a number takes the first profile, over the base profile.</summary>
    [Fact]
    public void What_the_first_profile_lacks_comes_from_the_base_profile()
    {
        UkiFile uki = Uki(TestPe.Build(
            PeMachine.X64,
            (".linux", new byte[16]), (".cmdline", "base"u8.ToArray()), (".initrd", new byte[3]),
            (".profile", "TITLE=The first\n"u8.ToArray()), (".initrd", new byte[4]),
            (".profile", "ID=b\n"u8.ToArray()), (".cmdline", "second"u8.ToArray())));
        Assert.Equal(("base", "The first", 4L), (uki.CommandLine, uki.ProfileName, uki.Initrd!.Length));
        UkiFile kernel = Uki(TestPe.Build(
            PeMachine.X64, (".cmdline", "base"u8.ToArray()), (".profile", [1]), (".linux", new byte[16])));
        Assert.Equal(("base", null, 16L), (kernel.CommandLine, kernel.ProfileName, kernel.Linux.Length));
        UkiFile plain = Uki(TestPe.Build(PeMachine.X64, (".linux", [1]), (".cmdline", "base"u8.ToArray())));
        Assert.Equal(("base", null, 2), (plain.CommandLine, plain.Profile, plain.Taken.Count()));
    }

    [Fact]
    public void What_a_unified_kernel_image_cannot_be_is_refused()
    {
        byte[] text = [1, 2, 3];
        Refused(ImageError.Inconsistent, ".initrd", (".linux", text), (".initrd", text), (".initrd", text));
        Refused(ImageError.Missing, ".linux", (".profile", text), (".profile", text), (".linux", text));
        Refused(ImageError.OutOfRange, "length", (".linux", text), (".cmdline", new byte[(1 << 16) + 1]));
        byte[] image = TestPe.Build(PeMachine.X64, (".initrd", text), (".linux", text));
        PeFields.VirtualSize.Write(image.AsSpan(0x148), 0x201);
        ImageFormatException e = Assert.Throws<ImageFormatException>(() => Uki(image));
        Assert.Equal((ImageError.Inconsistent, ".initrd"), (e.Error, e.Where.Field));
        Assert.Equal(2, Uki(TestPe.Build(PeMachine.X64, (".linux", text), (".dtbauto", text), (".dtbauto", text)))
            .Sections.Count(s => s.Name == ".dtbauto"));
    }

    [Fact]
    public void The_kernels_section_may_count_memory_behind_its_bytes()
    {
        byte[] kernel = TestImages.BzImage();
        byte[] image = TestPe.Build(PeMachine.X64, (".linux", kernel));
        PeFields.VirtualSize.Write(image.AsSpan(0x148), 0x40_0000);
        Assert.Equal(kernel, Uki(image).Linux.ReadAll(1 << 20)[..kernel.Length]);
        Assert.Equal(TestImages.Version, KernelImages.Open(TestImages.Source(image)).Version);

        byte[] cut = TestPe.Build(PeMachine.X64, (".linux", kernel[..^0x400]));
        PeFields.VirtualSize.Write(cut.AsSpan(0x148), 0x40_0000);
        ImageFormatException e = Assert.Throws<ImageFormatException>(() => KernelImages.Open(TestImages.Source(cut)));
        Assert.Equal((ImageError.Truncated, "syssize"), (e.Error, e.Where.Field));
    }

    [Fact]
    public void What_objcopy_makes_of_the_stub_reads_as_objdump_reads_it()
    {
        Assert.SkipUnless(File.Exists(Stub), $"{Stub} is not there: package systemd-boot-efi");
        using ForeignTool.TemporaryFolder folder = ForeignTool.Folder();
        byte[] kernel = TestImages.BzImage();
        (string Name, byte[] Content)[] parts =
        [
            (".osrel", "PRETTY_NAME='Other 2'\n"u8.ToArray()), (".cmdline", "root=/dev/vda ro"u8.ToArray()),
            (".initrd", TestImages.Sample(10_000)), (".linux", kernel),
        ];
        List<string> arguments = [];
        int address = 0x200_0000;
        foreach ((string name, byte[] content) in parts)
        {
            File.WriteAllBytes(folder.File(name), content);
            arguments.AddRange(["--add-section", $"{name}={folder.File(name)}"]);
            arguments.AddRange(["--change-section-vma", $"{name}=0x{address:x}"]);
            address += 0x10_0000;
        }

        ForeignTool.Run("objcopy", [.. arguments, Stub, folder.File("uki")]);
        byte[] image = File.ReadAllBytes(folder.File("uki"));
        UkiFile uki = Uki(image);
        Assert.Equal(PeMachine.X64, uki.Pe.Machine);
        Assert.Equal(("root=/dev/vda ro", "Other 2"), (uki.CommandLine, uki.PrettyName));
        Assert.Equal(kernel, uki.Linux.ReadAll(kernel.Length));
        Assert.Equal(parts[2].Content, uki.Initrd!.ReadAll(10_000));
        CompareWithObjdump(image, uki.Pe);
    }

    [Fact]
    public void Real_images_read_as_objdump_reads_them()
    {
        Assert.SkipUnless(File.Exists(Stub), $"{Stub} is not there: package systemd-boot-efi");
        byte[] stub = File.ReadAllBytes(Stub);
        PeFile pe = PeFile.Open(TestImages.Source(stub));
        CompareWithObjdump(stub, pe);
        Assert.False(UkiFile.Matches(pe));
    }

    [Fact]
    public void Each_prefix_is_truncated() =>
        Corruption.CheckPrefixes(Image(), bytes => PeFile.Open(TestImages.Source(bytes)));

    [Fact]
    public void Corrupt_images_raise_nothing_but_the_format_exception() =>
        Corruption.Check(Image(), [0..0x198], bytes => PeFile.Open(TestImages.Source(bytes)));

    [Fact]
    public void Corrupt_unified_kernel_images_raise_nothing_but_the_format_exception() =>
        Corruption.Check(TestImages.Uki(TestImages.Arm64Image()), [0x40..0x60, 0x148..0x2b0], bytes =>
        {
            PeFile pe = PeFile.Open(TestImages.Source(bytes));
            return UkiFile.Matches(pe) ? UkiFile.Open(pe) : pe;
        });

    private static byte[] Image() => TestPe.Build(PeMachine.X64, (".text", new byte[100]), (".data", new byte[0x200]));

    private static UkiFile Uki(byte[] image) => UkiFile.Open(PeFile.Open(TestImages.Source(image)));

    private static void Refused(ImageError error, string field, params (string Name, byte[] Content)[] sections)
    {
        ImageFormatException e = Assert.Throws<ImageFormatException>(() => Uki(TestPe.Build(PeMachine.X64, sections)));
        Assert.Equal((error, field), (e.Error, e.Where.Field));
    }

    private static void CompareWithObjdump(byte[] image, PeFile pe)
    {
        using ForeignTool.TemporaryFolder folder = ForeignTool.Folder();
        File.WriteAllBytes(folder.File("image"), image);
        string listing = Encoding.UTF8.GetString(ForeignTool.Run("objdump", ["-h", folder.File("image")]));
        Assert.NotEmpty(pe.Sections);

        // A section without bytes in the file is one that objdump gives no offset.
        Assert.Equal(
            SectionLine().Matches(listing).Select(m => (m.Groups[1].Value, Hex(m.Groups[2]), Hex(m.Groups[3]))),
            pe.Sections.Select(s => (s.Name, (long)s.ContentLength, (long)s.PointerToRawData)));
    }

    private static long Hex(Group text) => long.Parse(text.ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^ +\d+ (\S+) +([0-9a-f]{8})  [0-9a-f]{16}  [0-9a-f]{16}  ([0-9a-f]{8})  2", RegexOptions.Multiline)]
    private static partial Regex SectionLine();
}
