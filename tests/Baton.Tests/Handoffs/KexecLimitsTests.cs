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
    [InlineData(100, 400, 950, 0)]
    [InlineData(100, 450, 950, 1)]
    [InlineData(100, null, 200, 0)]
    [InlineData(0, 450, 200, 0)]
    [InlineData(300, 1, 200, 1)]
    public void The_next_kernel_needs_room_to_unpack(int packed, int? unpacked, int total, int findings) =>
        Assert.Equal(
            findings,
            Preflight.CheckUnpacking(
                (ulong)packed << 20,
                unpacked is { } size ? (ulong)size << 20 : null,
                SizeBound.AtLeast,
                (ulong)total << 20).Count);

    [Theory]
    [InlineData(SizeBound.Exact, "unpacks to 450 MiB", "files would be")]
    [InlineData(SizeBound.AtMost, "unpacks to up to 450 MiB", "files may be")]
    [InlineData(SizeBound.AtLeast, "unpacks to at least 450 MiB", "files would be")]
    public void What_is_known_of_the_unpacked_size_is_said(SizeBound bound, string size, string files)
    {
        string text = Assert.Single(Preflight.CheckUnpacking(100 << 20, 450 << 20, bound, 900 << 20)).Text;
        Assert.Contains(size, text, StringComparison.Ordinal);
        Assert.Contains(files, text, StringComparison.Ordinal);
    }

    private static string[] Ids(IReadOnlyList<Segment> segments, ulong totalRam) =>
        [.. KexecLimits.Check(segments, totalRam).Select(finding => finding.Id)];

    private static Segment Piece(string name, ulong start, ulong length) =>
        new(name, Range(start, length), SegmentContent.OfBytes(new byte[16], name));

    private static PhysicalRange Range(ulong start, ulong length) => new(new PhysicalAddress(start), length);
}
