using System.Text;
using Baton.Bytes;
using Baton.Compression;
using Baton.Formats.Compression;

namespace Baton.Tests.Formats;

/// <summary>The codecs against the programs that make their formats, and against damage.</summary>
public sealed class CompressionTests
{
    private const CompressionKind NoCodec = CompressionKind.Bzip2;

    public static TheoryData<CompressionKind> Kinds =>
    [
        CompressionKind.Gzip, CompressionKind.Xz, CompressionKind.Zstd, CompressionKind.Lz4Legacy,
        CompressionKind.Lz4Frame, CompressionKind.Lzma,
    ];

    /// <summary>The formats whose streams may follow one another.</summary>
    public static TheoryData<CompressionKind> JoinableKinds =>
    [
        CompressionKind.Gzip, CompressionKind.Xz, CompressionKind.Zstd, CompressionKind.Lz4Legacy,
        CompressionKind.Lz4Frame,
    ];

    /// <summary>The formats whose end can be told from what follows.</summary>
    public static TheoryData<CompressionKind> MarkedKinds =>
    [
        CompressionKind.Gzip, CompressionKind.Xz, CompressionKind.Zstd, CompressionKind.Lz4Frame, CompressionKind.Lzma,
    ];

    /// <summary>The formats with a checksum.</summary>
    public static TheoryData<CompressionKind> CheckedKinds =>
        [CompressionKind.Gzip, CompressionKind.Xz, CompressionKind.Zstd, CompressionKind.Lz4Frame];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_the_foreign_program_packs_comes_out_again(CompressionKind kind)
    {
        foreach (int length in (int[])[0, 1, 100, 70_000, 300_000])
        {
            byte[] sample = TestImages.Sample(length);
            byte[] packed = Pack(kind, sample);
            Assert.Equal(kind, CompressionProbe.Probe(packed));
            Assert.Equal(sample, Unpack(kind, packed));
        }
    }

    /// <summary>An initramfs is often several, as Linux takes it: one behind the other, with zeros between.</summary>
    [Fact]
    public void All_pieces_of_a_file_come_out()
    {
        byte[] sample = TestImages.Sample(70_000);
        byte[] gzip = Pack(CompressionKind.Gzip, sample);
        byte[] zstd = Pack(CompressionKind.Zstd, sample);
        byte[] skipped = [0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
        byte[] xz = Pack(CompressionKind.Xz, sample);
        byte[] file = [.. skipped, .. gzip, 0, 0, 0, .. gzip, .. zstd, .. skipped, .. zstd, .. xz, 0, 0, 0];
        Assert.Equal([.. sample, .. sample, .. sample, .. sample, .. sample], UnpackAll(file));
        Assert.Equal(sample, UnpackAll(gzip));
        Assert.Equal(sample, UnpackAll([.. gzip, .. new byte[100_000]]));
    }

    [Fact]
    public void What_follows_a_piece_and_is_none_is_not_passed_over()
    {
        byte[] gzip = Pack(CompressionKind.Gzip, TestImages.Sample(1000));
        foreach (byte[] file in (byte[][])[[.. gzip, 0, (byte)'0', (byte)'7'], [], [0, 0], [.. gzip, 0x42, 0x5a, 0x68, 0x39]])
        {
            ImageFormatException e = Assert.Throws<ImageFormatException>(() => UnpackAll(file));
            Assert.Equal(ImageError.UnknownFormat, e.Error);
        }

        Assert.Equal(ImageError.Truncated, Assert.Throws<ImageFormatException>(() => UnpackAll([.. gzip, .. gzip[..^9]])).Error);
    }

    [Fact]
    public void Every_level_of_gzip_comes_out_again()
    {
        byte[] sample = TestImages.Sample(200_000);
        foreach (int level in Enumerable.Range(1, 9))
        {
            Assert.Equal(sample, Unpack(CompressionKind.Gzip, ForeignTool.Run("gzip", [$"-{level}"], sample)));
        }

        // Bytes that do not pack come in stored blocks.
        byte[] noise = new byte[200_000];
        new Random(1).NextBytes(noise);
        Assert.Equal(noise, Unpack(CompressionKind.Gzip, ForeignTool.Run("gzip", [], noise)));
    }

    [Fact]
    public void A_gzip_header_may_carry_a_name_a_comment_and_more()
    {
        byte[] sample = TestImages.Sample(100);
        byte[] plain = TestImages.Gzip(sample);
        byte[] header = [.. plain[..3], 0x1e, .. plain[4..10], 3, 0, 1, 2, 3, (byte)'n', 0, (byte)'c', 0];
        Crc32 crc = default;
        crc.Add(header);
        byte[] check = [unchecked((byte)crc.Value), unchecked((byte)(crc.Value >> 8))];
        Assert.Equal(sample, Unpack(CompressionKind.Gzip, [.. header, .. check, .. plain[10..]]));
        check[0] ^= 1;
        Assert.Throws<ImageFormatException>(
            () => Unpack(CompressionKind.Gzip, [.. header, .. check, .. plain[10..]]));
    }

    [Fact]
    public void A_kernel_of_many_lz4_blocks_comes_out_again()
    {
        byte[] sample = TestImages.Sample((17 << 20) + 5);
        byte[] packed = Pack(CompressionKind.Lz4Legacy, sample);
        Assert.Equal(sample, Unpack(CompressionKind.Lz4Legacy, packed));
        UnpackedSize size = UnpackedSizeProbe.Estimate(TestImages.Source(packed), CompressionKind.Lz4Legacy)!.Value;
        Assert.InRange(size.Bytes, sample.Length, 24 << 20);
        Assert.Equal(packed.Length, size.PackedLength);
    }

    [Theory]
    [MemberData(nameof(JoinableKinds))]
    public void Streams_that_follow_one_another_come_out_as_one(CompressionKind kind)
    {
        byte[] sample = TestImages.Sample(5000);
        byte[] packed = Pack(kind, sample);
        Assert.Equal((byte[])[.. sample, .. sample], Unpack(kind, [.. packed, .. packed]));
    }

    [Theory]
    [MemberData(nameof(MarkedKinds))]
    public void What_follows_a_stream_is_left_alone(CompressionKind kind)
    {
        byte[] sample = TestImages.Sample(5000);
        Assert.Equal(sample, Unpack(kind, [.. Pack(kind, sample), 0x12, 0x34, 0x56, 0x78, 0x9a]));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Zeros_behind_a_stream_are_left_alone(CompressionKind kind)
    {
        byte[] sample = TestImages.Sample(5000);
        Assert.Equal(sample, Unpack(kind, [.. Pack(kind, sample), .. new byte[512]]));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Each_prefix_is_truncated(CompressionKind kind)
    {
        byte[] packed = Pack(kind, TestImages.Sample(3000));
        for (int length = 0; length < packed.Length; length++)
        {
            // The legacy LZ4 format may end behind its magic number.
            if (kind != CompressionKind.Lz4Legacy || length != 4)
            {
                ImageFormatException e = Assert.Throws<ImageFormatException>(() => Unpack(kind, packed[..length]));
                Assert.True(e.Error == ImageError.Truncated, $"the first {length} bytes: {e.Message}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void More_than_is_allowed_is_an_error(CompressionKind kind)
    {
        byte[] packed = Pack(kind, new byte[3 << 20]);
        Assert.Equal(3 << 20, Unpack(kind, packed, 3 << 20).Length);
        ImageFormatException e = Assert.Throws<ImageFormatException>(() => Unpack(kind, packed, (3 << 20) - 1));
        Assert.Equal(ImageError.BadCompression, e.Error);
    }

    [Theory]
    [MemberData(nameof(CheckedKinds))]
    public void A_changed_byte_is_noticed_where_the_format_has_a_checksum(CompressionKind kind)
    {
        byte[] sample = TestImages.Sample(3000);
        byte[] packed = Pack(kind, sample);
        for (int offset = packed.Length / 2; offset < packed.Length; offset += 7)
        {
            byte[] damaged = (byte[])packed.Clone();
            damaged[offset] ^= 0x10;

            // A match that starts elsewhere in a run of equal bytes is no damage.
            Assert.True(IsRefused(kind, damaged, sample), $"offset {offset} of {packed.Length}");
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_unpacked_size_is_known_without_unpacking_or_not_at_all(CompressionKind kind)
    {
        foreach (int length in (int[])[1, 1000, 400_000])
        {
            byte[] packed = Pack(kind, TestImages.Sample(length));
            UnpackedSize? size = UnpackedSizeProbe.Estimate(TestImages.Source(packed), kind);
            if (size is { } known)
            {
                Assert.True(known.Bytes == length || known.Bound == SizeBound.AtMost, $"{length}: {known}");
                Assert.True(known.Bytes >= length && known.IsExact != (kind == CompressionKind.Gzip)
                    || known.Bound == SizeBound.AtMost, $"{length}: {known}");
                Assert.True(known.PackedLength is null || known.PackedLength == packed.Length);
            }

            Assert.True(size is not null || kind == CompressionKind.Lzma);
        }
    }

    [Fact]
    public void The_size_of_joined_and_threaded_xz_streams_is_the_sum()
    {
        byte[] sample = TestImages.Sample(100_000);
        byte[] packed = ForeignTool.Run("xz", ["--block-size=20000", "-T2"], sample);
        byte[] joined = [.. packed, 0, 0, 0, 0, .. packed];
        Assert.Equal(
            new UnpackedSize(200_000, SizeBound.Exact, joined.Length),
            UnpackedSizeProbe.Estimate(TestImages.Source(joined), CompressionKind.Xz));
        Assert.Equal(200_000, Unpack(CompressionKind.Xz, joined).Length);
    }

    /// <summary>Only the last member tells its size.</summary>
    [Fact]
    public void The_size_of_a_gzip_stream_is_a_lower_bound()
    {
        byte[] joined =
            [.. Pack(CompressionKind.Gzip, TestImages.Sample(20_000)), .. Pack(CompressionKind.Gzip, TestImages.Sample(300_000))];
        UnpackedSize size = UnpackedSizeProbe.Estimate(TestImages.Source(joined), CompressionKind.Gzip)!.Value;
        Assert.Equal(new UnpackedSize(300_000, SizeBound.AtLeast), size);
        UnpackedSize most = new(1000, SizeBound.AtMost);
        UnpackedSize exact = new(100, SizeBound.Exact, 7);
        Assert.Equal(new UnpackedSize(300_100, SizeBound.AtLeast), UnpackedSize.Sum([size, most, exact]));
        Assert.Equal(new UnpackedSize(1100, SizeBound.AtMost), UnpackedSize.Sum([most, exact]));
        Assert.Equal(new UnpackedSize(200, SizeBound.Exact), UnpackedSize.Sum([exact, exact]));
        Assert.Null(UnpackedSize.Sum([size, null]));
        Assert.Null(UnpackedSize.Sum([exact, new UnpackedSize(long.MaxValue, SizeBound.Exact)]));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(64)]
    [InlineData(68)]
    [InlineData(4 << 20)]
    public void Padding_of_an_xz_stream_is_passed_over_in_few_reads(int padding)
    {
        byte[] packed = Pack(CompressionKind.Xz, TestImages.Sample(100_000));
        CountingSource source = new([.. packed, .. new byte[padding], .. packed, .. new byte[padding]]);
        Assert.Equal(
            new UnpackedSize(200_000, SizeBound.Exact, source.Length), UnpackedSizeProbe.Estimate(source, CompressionKind.Xz));
        Assert.InRange(source.Reads, 4, 200);
        Assert.Null(UnpackedSizeProbe.Estimate(new CountingSource([.. packed, .. new byte[padding + 1]]), CompressionKind.Xz));
        Assert.Null(UnpackedSizeProbe.Estimate(new CountingSource(new byte[padding + 3]), CompressionKind.Xz));
    }

    /// <summary>Any block of the legacy LZ4 format may be short, not the last alone.</summary>
    [Fact]
    public void What_follows_a_short_lz4_block_comes_out()
    {
        byte[] first = TestImages.Sample(70_000);
        byte[] second = TestImages.Sample(3000);
        byte[] block = Pack(CompressionKind.Lz4Legacy, second)[4..];
        byte[] packed = [.. Pack(CompressionKind.Lz4Legacy, first), .. block, .. block];
        byte[] sample = [.. first, .. second, .. second];
        foreach (byte[] end in (byte[][])[[], [0, 0], new byte[512], BitConverter.GetBytes(sample.Length), [0xff, 0xff, 0xff]])
        {
            Assert.Equal(sample, Unpack(CompressionKind.Lz4Legacy, [.. packed, .. end]));
        }

        Assert.Equal([.. sample, .. sample], Unpack(CompressionKind.Lz4Legacy, [.. packed, .. packed]));
        Assert.Equal(sample, Unpack(CompressionKind.Lz4Legacy, [.. packed, .. "070701"u8]));
        ImageFormatException e = Assert.Throws<ImageFormatException>(() => Unpack(CompressionKind.Lz4Legacy, packed[..^1]));
        Assert.Equal(ImageError.Truncated, e.Error);
    }

    [Fact]
    public void A_zstd_frame_without_a_size_is_bounded_by_its_blocks()
    {
        byte[] sample = TestImages.Sample(400_000);
        byte[] packed = ForeignTool.Run("zstd", ["--no-content-size"], sample);
        UnpackedSize size = UnpackedSizeProbe.Estimate(TestImages.Source(packed), CompressionKind.Zstd)!.Value;
        Assert.InRange(size.Bytes, sample.Length, 4 * 128 * 1024);
    }

    [Fact]
    public void A_format_without_a_codec_is_named()
    {
        Assert.Null(new Codecs().Find(NoCodec));
        ImageFormatException e = Assert.Throws<ImageFormatException>(
            () => new Codecs().OpenUnpacked(NoCodec, TestImages.Source([1]), 1));
        Assert.Contains("bzip2: no codec in this build", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("070701", "what begins here is not compressed by anything known")]
    [InlineData("BZh91AY&SY", "bzip2 cannot be unpacked by this program")]
    public void What_cannot_be_unpacked_on_its_way_comes_with_advice_for_initrds_and_ramdisks(string bytes, string found)
    {
        string problem = Assert.Throws<ImageFormatException>(() => UnpackAll(Encoding.ASCII.GetBytes(bytes))).Problem;
        Assert.Equal(
            $"{found}, expected gzip, xz, lzma, zstd or lz4; leave --decompress out: Linux unpacks an initrd by itself, "
            + "and a ramdisk is to be unpacked beforehand",
            problem);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Corrupt_streams_raise_nothing_but_the_format_exception(CompressionKind kind)
    {
        byte[] packed = Pack(kind, TestImages.Sample(400));
        Corruption.Check(packed, [0..Math.Min(40, packed.Length), ^12..], bytes =>
        {
            UnpackedSizeProbe.Estimate(TestImages.Source(bytes), kind);
            return Unpack(kind, bytes, 1 << 16).Length;
        });
    }

    private static bool IsRefused(CompressionKind kind, byte[] packed, byte[] harmless)
    {
        try
        {
            return Unpack(kind, packed).AsSpan().SequenceEqual(harmless);
        }
        catch (ImageFormatException)
        {
            return true;
        }
    }

    internal static byte[] Pack(CompressionKind kind, byte[] bytes) => kind switch
    {
        CompressionKind.Gzip => ForeignTool.Run("gzip", ["-n"], bytes),
        CompressionKind.Xz => ForeignTool.Run("xz", ["--check=crc32", "--lzma2=dict=64KiB"], bytes),
        CompressionKind.Zstd => ForeignTool.Run("zstd", ["-q", "--check", "-"], bytes),
        CompressionKind.Lz4Legacy => ForeignTool.Run("lz4", ["-l", "-c", "-"], bytes),
        CompressionKind.Lz4Frame => ForeignTool.Run("lz4", ["-c", "-"], bytes),
        CompressionKind.Lzma => ForeignTool.Run("xz", ["--format=lzma", "--lzma1=dict=64KiB"], bytes),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private static byte[] Unpack(CompressionKind kind, byte[] packed, long limit = long.MaxValue)
    {
        using Stream stream = new Codecs().OpenUnpacked(kind, TestImages.Source(packed), limit);
        using MemoryStream output = new();
        stream.CopyTo(output, 10_000);
        return output.ToArray();
    }

    private static byte[] UnpackAll(byte[] packed)
    {
        using Stream stream = Codecs.OpenAll(new MemoryStream(packed), new UnpackRules("sample", long.MaxValue));
        using MemoryStream all = new();
        stream.CopyTo(all);
        return all.ToArray();
    }
}
