using System.Globalization;
using Baton.Bytes;
using Baton.Formats.BzImage;
using Baton.Formats.Compression;
using Baton.Handoffs;
using Baton.Compression;

namespace Baton.Tests.Formats;

/// <summary>Reading bzImages: what is read, what is refused and how, and that nothing else can happen.</summary>
public sealed class BzImageTests
{
    public static TheoryData<int, string> Broken => Vectors.Lines("bzimage-broken.txt");

    [Fact]
    public void A_modern_image_is_read()
    {
        byte[] image = TestImages.BzImage();
        BzImageFile file = BzImageFile.Open(TestImages.Source(image));
        Assert.Equal("2.15", file.Header.VersionText);
        Assert.Equal(TestImages.Version, file.Version);
        Assert.Equal(TestImages.KernelOffset, file.KernelOffset);
        Assert.Equal(image.Length - TestImages.KernelOffset, file.KernelLength);
        Assert.Equal(0x200, file.Entry64Offset);
        Assert.Equal(0x40_0000UL, file.InitSize);
        Assert.Equal(2047u, file.CommandLineLimit);
        Assert.Equal(0x26c, file.Header.SetupHeaderEnd);
        Assert.Equal(image[0x1f1..0x26c], file.Header.SetupHeader.ToArray());
        Assert.Equal(0x20_0000u, file.Header.MinAlignment);
        Assert.True(file.Header.XLoadFlags.HasFlag(XLoadFlags.CanBeLoadedAbove4G));
        Assert.Empty(file.Findings);
    }

    [Theory]
    [InlineData(0x205, 255u, 0x10_0000UL)]
    [InlineData(0x206, 2047u, 0x10_0000UL)]
    [InlineData(0x209, 2047u, 0x10_0000UL)]
    [InlineData(0x20a, 2047u, 0x100_0000UL)]
    [InlineData(0x20c, 2047u, 0x100_0000UL)]
    public void An_older_protocol_gets_the_documented_defaults(int version, uint commandLine, ulong address)
    {
        byte[] image = TestImages.BzImage((ushort)version);
        BzImageFile file = BzImageFile.Open(TestImages.Source(image));
        Assert.Equal(commandLine, file.CommandLineLimit);
        Assert.Equal(address, file.Header.PrefAddress.Value);
        Assert.Equal(version >= 0x20c, file.Entry64Offset is not null);
        ulong assumed = (ulong)file.KernelLength * 3;
        Assert.Equal(version >= 0x20a ? 0x40_0000UL : assumed, file.InitSize);
        Assert.Equal(version < 0x20a, file.Findings.Any(f => f.Id == "init-size-assumed"));
    }

    [Fact]
    public void A_stored_zero_of_setup_sects_means_four()
    {
        byte[] image = [.. TestImages.BzImage(), .. new byte[0x1000]];
        SetupFields.SetupSects.Write(image, 0);
        Assert.Equal(5 * 512, BzImageFile.Open(TestImages.Source(image)).KernelOffset);
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_broken_image_is_refused_with_the_place_of_the_defect(int line, string vector)
    {
        string?[] fields = Vectors.Fields(vector);
        byte[] image = TestImages.BzImage();
        int offset = int.Parse(fields[1]!.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        Convert.FromHexString(fields[2]!).CopyTo(image, offset);
        ImageFormatException e = Assert.Throws<ImageFormatException>(
            () => BzImageFile.Open(TestImages.Source(image)));
        Assert.True(fields[3] == e.Error.ToString() && fields[4] == e.Where.Field, $"line {line}: {e.Error}: {e.Message}");
    }

    [Fact]
    public void The_payload_unpacks_to_what_was_packed()
    {
        BzImagePayload payload = BzImagePayload.Find(BzImageFile.Open(TestImages.Source(TestImages.BzImage())))!;
        using MemoryStream output = new();
        payload.Extract(output, new Codecs());
        Assert.Equal(CompressionKind.Gzip, payload.Compression);
        Assert.Equal(TestImages.Elf(), output.ToArray());
    }

    [Fact]
    public void A_payload_that_is_not_as_long_as_it_says_is_an_error()
    {
        byte[] image = TestImages.BzImage(
            pack: bytes => [.. ForeignTool.Run("xz", ["--check=crc32"], bytes), .. BitConverter.GetBytes(bytes.Length + 1)]);
        BzImagePayload payload = BzImagePayload.Find(BzImageFile.Open(TestImages.Source(image)))!;
        using MemoryStream output = new();
        ImageFormatException e = Assert.Throws<ImageFormatException>(() => payload.Extract(output, new Codecs()));
        Assert.Equal(ImageError.Inconsistent, e.Error);
    }

    [Fact]
    public void The_checksum_tells_a_damaged_image()
    {
        byte[] image = TestImages.BzImage();
        Assert.True(BzImageChecksum.Holds(BzImageFile.Open(TestImages.Source(image))));
        image[TestImages.KernelOffset + 0x210] ^= 1;
        Assert.False(BzImageChecksum.Holds(BzImageFile.Open(TestImages.Source(image))));
        Assert.Null(BzImageChecksum.Holds(BzImageFile.Open(TestImages.Source(TestImages.BzImage(0x207)))));
    }

    [Fact]
    public void A_version_string_cannot_steer_the_terminal()
    {
        byte[] image = TestImages.BzImage();
        image[0x302] = 0x1b;
        Assert.DoesNotContain('\u001b', BzImageFile.Open(TestImages.Source(image)).Version!);
    }

    [Fact]
    public void A_version_pointer_that_leads_nowhere_is_a_finding()
    {
        byte[] image = TestImages.BzImage();
        SetupFields.KernelVersion.Write(image, 0x7fff);
        BzImageFile file = BzImageFile.Open(TestImages.Source(image));
        Assert.Null(file.Version);
        Assert.Equal(Severity.Warning, Assert.Single(file.Findings, f => f.Id == "version-pointer").Severity);
    }

    [Fact]
    public void Each_prefix_is_read_or_truncated() =>
        Corruption.CheckPrefixes(TestImages.BzImage(), bytes => BzImageFile.Open(TestImages.Source(bytes)));

    [Fact]
    public void Corrupt_images_raise_nothing_but_the_format_exception() =>
        Corruption.Check(
            TestImages.BzImage(), [0x1f1..0x270, 0..0x40], bytes => BzImageFile.Open(TestImages.Source(bytes)));
}
