using Baton.Bytes;
using Baton.Formats.Compression;
using Baton.Formats.Cpio;
using Baton.Formats.Initramfs;
using Baton.Handoffs;

namespace Baton.Tests.Formats;

/// <summary>Initrds by the kernel's rules, and several of them joined.</summary>
public sealed class InitramfsTests
{
    [Fact]
    public void Microcode_and_a_compressed_archive_are_two_archives()
    {
        byte[] packed = CompressionTests.Pack(CompressionKind.Xz, TestImages.Cpio());
        byte[] early = TestImages.Microcode();
        byte[] file = [.. early, .. new byte[512 - (early.Length % 512)], .. packed];
        InitrdFile initrd = InitrdFile.Open(TestImages.Source(file));
        Assert.Collection(
            initrd.Archives,
            first =>
            {
                Assert.Equal((0L, early.Length), (first.Offset, first.Length));
                Assert.Equal(CompressionKind.None, first.Compression);
                Assert.True(first.HasMicrocode);
                Assert.Equal(4, first.Entries);
            },
            second =>
            {
                Assert.Equal(file.Length - packed.Length, second.Offset);
                Assert.Equal(CompressionKind.Xz, second.Compression);
            });
        Assert.Equal(4096 + TestImages.Cpio().Length, initrd.UnpackedSizeEstimate?.Bytes);
        Assert.Empty(initrd.Findings);
    }

    [Theory]
    [InlineData(CompressionKind.Gzip)]
    [InlineData(CompressionKind.Xz)]
    [InlineData(CompressionKind.Zstd)]
    [InlineData(CompressionKind.Lz4Legacy)]
    public void A_compressed_archive_has_an_estimate(CompressionKind kind)
    {
        byte[] archive = TestImages.Cpio();
        InitrdFile initrd = InitrdFile.Open(TestImages.Source(CompressionTests.Pack(kind, archive)));
        Assert.Equal(kind, Assert.Single(initrd.Archives).Compression);
        Assert.True(initrd.UnpackedSizeEstimate?.Bytes >= archive.Length);
        Assert.Equal(kind == CompressionKind.Gzip, initrd.UnpackedSizeEstimate?.Bound == SizeBound.AtLeast);
    }

    [Fact]
    public void What_follows_a_zstd_archive_is_found()
    {
        byte[] packed = CompressionTests.Pack(CompressionKind.Zstd, TestImages.Cpio());
        byte[] file = [.. packed, .. new byte[8 - (packed.Length % 4)], .. TestImages.Cpio()];
        InitrdFile initrd = InitrdFile.Open(TestImages.Source(file));
        Assert.Equal([CompressionKind.Zstd, CompressionKind.None], initrd.Archives.Select(a => a.Compression));
    }

    [Fact]
    public void What_linux_would_stumble_over_is_a_finding()
    {
        byte[] archive = TestImages.Cpio();
        Assert.Equal("initrd-empty", Only([]));
        Assert.Equal("initrd-unknown-format", Only("not an initrd"u8.ToArray()));
        Assert.Equal("initrd-alignment", Only([.. archive, 0, .. archive]));
        Assert.Equal("initrd-alignment", Only([.. archive, 0, .. CompressionTests.Pack(CompressionKind.Zstd, archive)]));
        Assert.Equal("initrd-broken", Only(archive[..200]));
        Assert.Equal("initrd-no-trailer", Only(archive[..^124]));
        byte[] packed = CompressionTests.Pack(CompressionKind.Zstd, archive);
        Assert.Equal("microcode-not-first", Only(
            [.. packed, .. new byte[4 - (packed.Length % 4)], .. TestImages.Microcode()]));
        Assert.Equal("initrd-entry-skipped", Only([.. LongName(), .. archive]));
        Assert.Equal(
            "initrd-lz4-frame", Only(CompressionTests.Pack(CompressionKind.Lz4Frame, archive)));
    }

    [Theory]
    [InlineData("none", false)]
    [InlineData("crc32", false)]
    [InlineData("crc64", true)]
    [InlineData("sha256", true)]
    public void Linux_unpacks_xz_with_a_short_check_or_none(string check, bool isFound)
    {
        byte[] packed = ForeignTool.Run("xz", [$"--check={check}"], TestImages.Cpio());
        InitrdFile initrd = InitrdFile.Open(TestImages.Source([.. TestImages.Microcode(), .. packed]));
        Assert.Equal(isFound ? ["initrd-xz-check"] : [], initrd.Findings.Select(f => f.Id));
        Assert.Equal(2, initrd.Archives.Count);
    }

    [Fact]
    public void Zeros_and_another_archive_may_follow_any_entry()
    {
        byte[] archive = TestImages.Cpio();
        byte[] entries = archive[..(int)CpioReader.Entries(TestImages.Source(archive)).Last().Offset];
        byte[] packed = CompressionTests.Pack(CompressionKind.Zstd, archive);
        foreach (byte[] file in (byte[][])
            [[.. entries, .. new byte[512], .. archive], [.. entries, .. packed], [.. entries, .. new byte[4], .. packed]])
        {
            InitrdFile initrd = InitrdFile.Open(TestImages.Source(file));
            Assert.Equal((2, 6, entries.Length), (initrd.Archives.Count, initrd.Archives[0].Entries, initrd.Archives[0].Length));
            Assert.Equal(["initrd-no-trailer"], initrd.Findings.Select(f => f.Id));
        }

        InitrdFile broken = InitrdFile.Open(TestImages.Source([.. entries, .. "0707 or not"u8, .. archive]));
        Assert.True(Assert.Single(broken.Archives).IsBroken);
        Assert.Equal(["initrd-broken"], broken.Findings.Select(f => f.Id));
    }

    /// <summary>For Linux the legacy LZ4 format ends with a block of size 0, or with the initrd.</summary>
    [Theory]
    [InlineData(4092, 4096)]
    [InlineData(4093, 8192)]
    [InlineData(4094, 8192)]
    [InlineData(4095, 8192)]
    [InlineData(4096, 8192)]
    [InlineData(4097, 8192)]
    public void Behind_an_lz4_archive_there_are_zeros_enough_to_end_it(int length, long start)
    {
        byte[] first = Lz4(length);
        InitrdSet set = Join(first, TestImages.Cpio());
        Assert.Equal([0, start], set.Starts);
        byte[] joined = new byte[set.Length];
        set.Content.Read(0, joined);
        Assert.Equal((byte[])[.. first, .. new byte[start - length], .. TestImages.Cpio()], joined);
        Assert.Equal(start, Join(first, [], TestImages.Cpio()).Starts[2]);
        Assert.Equal(start, Join([.. first, 0], TestImages.Cpio()).Starts[1]);
        InitrdFile whole = InitrdFile.Open(TestImages.Source(joined));
        Assert.Equal([CompressionKind.Lz4Legacy, CompressionKind.None], whole.Archives.Select(a => a.Compression));
        Assert.Empty(whole.Findings);
    }

    [Fact]
    public void An_lz4_archive_that_does_not_end_is_a_finding()
    {
        byte[] first = Lz4(4096);
        byte[] archive = TestImages.Cpio();
        Assert.Equal("initrd-lz4-end", Only([.. first, .. archive]));
        Assert.Equal("initrd-lz4-end", Only([.. Lz4(4093), 0, 0, 0, .. archive]));
        Assert.Equal("initrd-lz4-end", Only([.. first, 0, 0, 0, .. first]));
        Assert.Empty(InitrdFile.Open(TestImages.Source([.. first, 0, 0, 0, 0, .. archive])).Findings);
        Assert.Empty(InitrdFile.Open(TestImages.Source([.. first, .. first, 0, 0, 0])).Findings);
    }

    [Fact]
    public void Files_are_joined_at_pages_with_zeros_between_them()
    {
        byte[] first = TestImages.Cpio();
        byte[] second = [.. TestImages.Cpio(), .. new byte[8000]];
        InitrdSet set = InitrdSet.Open(
            [TestImages.Source(first), TestImages.Source([]), TestImages.Source(second)]);
        Assert.Equal(4096 + second.Length, set.Length);
        byte[] joined = new byte[set.Length];
        set.Content.Read(0, joined);
        Assert.Equal((byte[])[.. first, .. new byte[4096 - first.Length], .. second], joined);
        Assert.Equal("initrd-empty", Assert.Single(set.Findings).Id);
        Assert.Equal(new UnpackedSize(2 * 4096 * 2, SizeBound.Exact), set.UnpackedSizeEstimate);

        // Linux must see the same archives in the whole as in the parts.
        Assert.Equal(2, InitrdFile.Open(TestImages.Source(joined)).Archives.Count);
    }

    [Fact]
    public void Microcode_behind_something_compressed_is_a_warning()
    {
        byte[] packed = CompressionTests.Pack(CompressionKind.Gzip, TestImages.Cpio());
        InitrdSet set = Join(TestImages.Cpio(), packed, TestImages.Microcode());
        Assert.Equal(Severity.Warning, Assert.Single(set.Findings, f => f.Id == "microcode-not-first").Severity);
        Assert.Contains(Join("no archive"u8.ToArray(), TestImages.Microcode()).Findings, f => f.Id == "microcode-not-first");
    }

    [Fact]
    public void Microcode_is_looked_for_in_all_plain_archives_at_the_start()
    {
        Assert.Empty(Join(TestImages.Microcode(), TestImages.Cpio()).Findings);
        Assert.Empty(Join(TestImages.Cpio(), TestImages.Microcode()).Findings);
        Assert.Empty(InitrdFile.Open(TestImages.Source([.. TestImages.Cpio(), .. TestImages.Microcode()])).Findings);
    }

    [Fact]
    public void An_entry_that_Linux_skips_does_not_count()
    {
        InitrdFile with = InitrdFile.Open(TestImages.Source([.. LongName(), .. TestImages.Cpio()]));
        InitrdFile without = InitrdFile.Open(TestImages.Source(TestImages.Cpio()));
        Assert.Equal(without.Archives[0].Entries, Assert.Single(with.Archives).Entries);
        Assert.Equal(without.UnpackedSizeEstimate, with.UnpackedSizeEstimate);
    }

    [Fact]
    public void No_file_is_no_content()
    {
        InitrdSet set = InitrdSet.Open([]);
        Assert.Equal(0, set.Length);
        Assert.Equal(0, set.UnpackedSizeEstimate?.Bytes);
    }

    [Fact]
    public void Corrupt_initrds_raise_nothing_at_all()
    {
        byte[] file = [.. TestImages.Cpio(), .. CompressionTests.Pack(CompressionKind.Zstd, TestImages.Sample(300))];
        int packed = TestImages.Cpio().Length;
        Corruption.Check(
            file, [0..110, packed..(packed + 20)], bytes => InitrdFile.Open(TestImages.Source(bytes)));
    }

    /// <summary>A legacy LZ4 stream of that many bytes, of some 4096: one block of nothing but literals.</summary>
    private static byte[] Lz4(int length)
    {
        // A token, sixteen bytes that go on with its count, and what they count.
        const int head = 8;
        const int counts = 16;
        int literals = length - head - 1 - counts;
        byte[] stream = TestImages.Sample(length);
        BitConverter.TryWriteBytes(stream, 0x184c_2102);
        BitConverter.TryWriteBytes(stream.AsSpan(4), length - head);
        stream[head] = 0xf0;
        stream.AsSpan(head + 1, counts - 1).Fill(0xff);
        stream[head + counts] = (byte)(literals - 15 - (255 * (counts - 1)));
        return stream;
    }

    private static InitrdSet Join(params byte[][] files) => InitrdSet.Open([.. files.Select(file => TestImages.Source(file))]);

    /// <summary>An entry of a cpio archive whose name has 5000 bytes.</summary>
    private static byte[] LongName()
    {
        byte[] entry = new byte[CpioFields.Align(CpioFields.HeaderSize + 5000)];
        TestImages.Cpio().AsSpan(0, CpioFields.HeaderSize).CopyTo(entry);
        CpioFields.Namesize.Write(entry, 5000);
        entry.AsSpan(CpioFields.HeaderSize, 4999).Fill((byte)'n');
        return entry;
    }

    private static string Only(byte[] file)
    {
        InitrdFile initrd = InitrdFile.Open(TestImages.Source(file));
        EveryMember.Read(initrd);
        return Assert.Single(initrd.Findings).Id;
    }
}
