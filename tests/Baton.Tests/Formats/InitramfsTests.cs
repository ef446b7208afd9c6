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
        Assert.Equal("initrd-broken", Only(archive[..200]));
        Assert.Equal("initrd-no-trailer", Only(archive[..^124]));
        byte[] packed = CompressionTests.Pack(CompressionKind.Zstd, archive);
        Assert.Equal("microcode-not-first", Only(
            [.. packed, .. new byte[4 - (packed.Length % 4)], .. TestImages.Microcode()]));
        Assert.Equal("initrd-entry-skipped", Only([.. LongName(), .. archive]));
        Assert.Equal(
            "initrd-lz4-frame", Only(CompressionTests.Pack(CompressionKind.Lz4Frame, archive)));
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
