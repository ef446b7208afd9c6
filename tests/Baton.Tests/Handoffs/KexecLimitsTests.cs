using Baton.Bytes;
using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Tests.Handoffs;

public sealed class KexecLimitsTests
{
    private const ulong GiB = 1UL << 30;

    [Fact]
    public void What_the_kernel_takes_is_not_complained_about() =>
        Assert.Empty(KexecLimits.Check([Piece("a", 0x100000, 0x1000), Piece("b", 0x101000, 0x2000)], GiB));

    [Fact]
    public void Seventeen_segments_are_one_too_many()
    {
        Segment[] segments = [.. Enumerable.Range(0, 17).Select(i => Piece($"s{i}", 0x100000 + ((ulong)i << 12), 0x1000))];
        Assert.Equal(["segment-count"], Ids(segments, GiB));
        Assert.Empty(Ids(segments[..16], GiB));
    }

    [Theory]
    [InlineData(0x100800UL, 0x1000UL)]
    [InlineData(0x100000UL, 0x1800UL)]
    public void Partial_pages_are_refused(ulong start, ulong length) =>
        Assert.Equal(["segment-alignment"], Ids([Piece("a", start, length)], GiB));

    [Fact]
    public void Overlap_names_both() =>
        Assert.Contains(
            "segments a [0x100000, 0x102000) and b [0x101000, 0x103000) overlap",
            KexecLimits.Check([Piece("a", 0x100000, 0x2000), Piece("b", 0x101000, 0x2000)], GiB)[0].Text,
            StringComparison.Ordinal);

    [Fact]
    public void More_content_than_place_is_refused() =>
        Assert.Equal(
            ["segment-size"],
            Ids([new Segment("a", Range(0x100000, 0x1000), SegmentContent.OfBytes(new byte[0x1001], "a"))], GiB));

    [Fact]
    public void Half_of_memory_is_allowed_and_a_page_more_is_not()
    {
        Assert.Empty(Ids([Piece("a", GiB, GiB / 2)], GiB));
        Assert.Equal(["half-of-ram"], Ids([Piece("a", GiB, (GiB / 2) + 0x1000)], GiB));
        Assert.Equal(["half-of-ram"], Ids([Piece("a", GiB, GiB / 4), Piece("b", 2 * GiB, (GiB / 4) + 0x1000)], GiB));
    }

    [Theory]
    [InlineData(100, 125, 0)]
    [InlineData(100, 124, 1)]
    [InlineData(100, 126, 0)]
    public void Loading_must_leave_room_for_the_system(int neededMiB, int availableMiB, int findings) =>
        Assert.Equal(
            findings,
            Preflight.CheckMemory((ulong)neededMiB << 20, (ulong)availableMiB << 20).Count);

    [Theory]
    [InlineData(100, 400, 950, true, "")]
    [InlineData(100, 450, 950, true, "(a tmpfs: half of its memory less the initrd): files would be missing or empty")]
    [InlineData(100, 450, 950, false, "")]
    [InlineData(100, 850, 950, false, "")]
    [InlineData(100, 851, 950, false, "850 MiB (with root= or rootfstype= a ramfs: its memory less the initrd): it would")]
    [InlineData(100, null, 200, true, "")]
    [InlineData(0, 450, 200, true, "")]
    [InlineData(300, 1, 200, true, "gives it 0 MiB")]
    [InlineData(300, 1, 200, false, "gives it 0 MiB")]
    public void The_next_kernel_needs_room_to_unpack(int packed, int? unpacked, int total, bool isTmpfs, string words)
    {
        IReadOnlyList<Finding> findings = Preflight.CheckUnpacking(
            (ulong)packed << 20,
            unpacked is { } size ? (ulong)size << 20 : null,
            SizeBound.AtLeast,
            (ulong)total << 20,
            isTmpfs);
        Assert.Equal(words.Length > 0 ? ["initramfs-room"] : [], findings.Select(finding => finding.Id));
        Assert.Contains(words, string.Concat(findings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SizeBound.Exact, true, "unpacks to 450 MiB", "files would be missing")]
    [InlineData(SizeBound.AtMost, true, "unpacks to up to 450 MiB", "files may be missing")]
    [InlineData(SizeBound.AtLeast, true, "unpacks to at least 450 MiB", "files would be missing")]
    [InlineData(SizeBound.AtMost, false, "unpacks to up to 450 MiB", "it may run out of memory")]
    public void What_is_known_of_the_unpacked_size_is_said(SizeBound bound, bool isTmpfs, string size, string consequence)
    {
        ulong total = isTmpfs ? 900UL << 20 : 500UL << 20;
        string text = Assert.Single(Preflight.CheckUnpacking(100 << 20, 450 << 20, bound, total, isTmpfs)).Text;
        Assert.Contains(size, text, StringComparison.Ordinal);
        Assert.Contains(consequence, text, StringComparison.Ordinal);
    }

    private static string[] Ids(IReadOnlyList<Segment> segments, ulong totalRam) =>
        [.. KexecLimits.Check(segments, totalRam).Select(finding => finding.Id)];

    private static Segment Piece(string name, ulong start, ulong length) =>
        new(name, Range(start, length), SegmentContent.OfBytes(new byte[16], name));

    private static PhysicalRange Range(ulong start, ulong length) => new(new PhysicalAddress(start), length);
}
