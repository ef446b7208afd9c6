using Baton.Bytes;
using Baton.Compression;
using Baton.Formats;
using Baton.Formats.Arm64Image;
using Baton.Formats.Compression;
using Baton.Formats.Zboot;

namespace Baton.Tests.Formats;

/// <summary>Reading arm64 kernels, as they are and as EFI zboot images.</summary>
public sealed class Arm64ImageTests
{
    public static TheoryData<int, string> Broken => Vectors.Lines("arm64image-broken.txt");

    public static TheoryData<int, string> BrokenZboot => Vectors.Lines("zboot-broken.txt");

    /// <summary>What the kernel's build calls each compression, and what packs like it.</summary>
    public static TheoryData<string, CompressionKind> ZbootKinds => new()
    {
        { "gzip", CompressionKind.Gzip },
        { "zstd22", CompressionKind.Zstd },
        { "xzkern", CompressionKind.Xz },
        { "lzma", CompressionKind.Lzma },
        { "lz4", CompressionKind.Lz4Legacy },
    };

    [Fact]
    public void A_kernel_is_read()
    {
        Arm64ImageFile file = Open(TestImages.Arm64Image());
        Assert.Equal((0UL, 0x20_0000UL, 0x40u), (file.Header.TextOffset, file.MemorySize, file.Header.PeOffset));
        Assert.Equal((Arm64PageSize.Kib4, false, true), (file.Header.PageSize, file.Header.BigEndian, file.Header.Anywhere));
        Assert.Equal(0x400, file.LoadedLength);
        Assert.Equal(TestImages.Version, file.FindLinuxVersion());
        Assert.Equal(["pe-unsigned"], file.Findings.Select(f => f.Id));
        Assert.Equal(["little-endian", "4 KiB pages", "anywhere in memory"], Arm64ImageFlags.NamesOf(file.Header));
    }

    [Theory]
    [InlineData(0x0b, "big-endian")]
    [InlineData(0x08, "page-size-unspecified")]
    [InlineData(0x0c, "page-size")]
    [InlineData(0x0e, "page-size")]
    [InlineData(0x1a, "reserved-flags")]
    public void Flags_that_need_care_are_findings(ulong flags, string finding) =>
        Assert.Contains(Open(TestImages.Arm64Image(flags)).Findings, f => f.Id == finding);

    [Fact]
    public void A_kernel_that_does_not_say_its_size_gets_the_old_text_offset()
    {
        byte[] image = TestImages.Arm64Image(flags: 0xffff);
        Arm64ImageFields.ImageSize.Write(image, 0);
        Arm64ImageFields.TextOffset.Write(image, 0x1234_5678_9abc_def0);
        Arm64ImageFile file = Open(image);
        Assert.Equal((0x8_0000UL, 0UL), (file.Header.TextOffset, file.Header.Flags));
        Assert.Equal(0x400UL + (16 << 20), file.MemorySize);
        Assert.Contains(file.Findings, f => f.Id == "image-size-assumed");
        Assert.Empty(Arm64ImageFlags.NamesOf(file.Header));
    }

    [Fact]
    public void A_kernel_without_an_EFI_stub_has_no_PE_header()
    {
        byte[] image = TestImages.Arm64Image();
        Arm64ImageFields.Code0.Write(image, 0x1400_0010);
        Assert.Null(Open(image).Pe);
        Arm64ImageFields.Res5.Write(image, 0);
        Assert.Empty(Open(image).Findings);
    }

    [Fact]
    public void Signatures_are_not_loaded()
    {
        byte[] image = [.. TestImages.Arm64Image(), .. new byte[0x80]];
        Baton.Formats.Pe.PeFields.CertificateTable64.Write(image.AsSpan(0x40), 0x400);
        Baton.Formats.Pe.PeFields.CertificateTable64.Write(image.AsSpan(0x44), 0x80);
        Arm64ImageFile file = Open(image);
        Assert.Equal(0x400, file.LoadedLength);
        Assert.Equal(["pe-signature"], file.Findings.Select(f => f.Id));
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_broken_kernel_is_refused_with_the_place_of_the_defect(int line, string vector) =>
        BrokenImages.Check(line, vector, TestImages.Arm64Image(), Open);

    [Theory]
    [MemberData(nameof(ZbootKinds))]
    public void A_zboot_image_is_unpacked_by_every_codec(string type, CompressionKind kind)
    {
        byte[] kernel = TestImages.Arm64Image();
        byte[] image = TestPe.Zboot(type, CompressionTests.Pack(kind, kernel), kernel.Length);
        ZbootFile zboot = ZbootFile.Open(TestImages.Source(image));
        Assert.Equal((type, kind, (uint)kernel.Length), (zboot.CompressionType, zboot.Compression, zboot.UnpackedSize));
        IByteSource inside = zboot.Unpack(new Codecs(), 1 << 20);
        Assert.Equal(kernel, inside.ReadAll(1 << 20));
        Assert.Equal(ImageError.BadCompression, Assert.Throws<ImageFormatException>(
            () => zboot.Unpack(new Codecs(), kernel.Length - 1)).Error);
    }

    [Fact]
    public void A_zboot_image_gives_out_as_much_as_it_says_and_not_more()
    {
        byte[] kernel = TestImages.Arm64Image();
        byte[] packed = CompressionTests.Pack(CompressionKind.Zstd, kernel);
        foreach ((int said, ImageError error) in new[]
        {
            (kernel.Length + 1, ImageError.Inconsistent), (kernel.Length - 1, ImageError.BadCompression),
            (0, ImageError.BadCompression), (-1, ImageError.Inconsistent),
        })
        {
            ZbootFile zboot = ZbootFile.Open(TestImages.Source(TestPe.Zboot("zstd22", packed, said)));
            Assert.Equal(error, Assert.Throws<ImageFormatException>(() => zboot.Unpack(new Codecs(), 1 << 20)).Error);
        }
    }

    [Fact]
    public void A_zboot_image_packed_by_lzo_says_so()
    {
        byte[] image = TestPe.Zboot("lzo", [0x89, .. "LZO\0"u8, 1, 2, 3, 4], 100);
        ZbootFile zboot = ZbootFile.Open(TestImages.Source(image));
        Assert.Contains(
            "lzo: no codec in this build",
            Assert.Throws<ImageFormatException>(() => zboot.Unpack(new Codecs(), 1000)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(BrokenZboot))]
    public void A_broken_zboot_image_is_refused_with_the_place_of_the_defect(int line, string vector) =>
        BrokenImages.Check(line, vector, Zboot(), image => ZbootFile.Open(TestImages.Source(image)));

    [Fact]
    public void Each_prefix_is_truncated()
    {
        Corruption.CheckPrefixes(TestImages.Arm64Image(), Open);
        Corruption.CheckPrefixes(Zboot(), bytes => ZbootFile.Open(TestImages.Source(bytes)));
    }

    [Fact]
    public void Corrupt_kernels_raise_nothing_but_the_format_exception() =>
        Corruption.Check(TestImages.Arm64Image(), [0..0x40, 0x148..0x170], bytes =>
        {
            Arm64ImageFile file = Open(bytes);
            file.FindLinuxVersion();
            EveryMember.Read(Arm64ImageFlags.NamesOf(file.Header));
            return file;
        });

    [Fact]
    public void Corrupt_zboot_images_raise_nothing_but_the_format_exception() =>
        Corruption.Check(Zboot(), [0..0x60, 0x148..0x170, 0x200..0x220], bytes =>
        {
            ZbootFile zboot = ZbootFile.Open(TestImages.Source(bytes));
            zboot.Unpack(new Codecs(), 1 << 20);
            return zboot;
        });

    private static byte[] Zboot()
    {
        byte[] kernel = TestImages.Arm64Image();
        return TestPe.Zboot("zstd22", CompressionTests.Pack(CompressionKind.Zstd, kernel), kernel.Length);
    }

    private static Arm64ImageFile Open(byte[] image) => Arm64ImageFile.Open(TestImages.Source(image));
}
