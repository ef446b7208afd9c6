using Baton.Gathers;
using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Tests.Gathers;

/// <summary>The words of docs/gather.md, one by one.</summary>
public sealed class PageListTests
{
    private static readonly PhysicalRange Place = TestPages.RangeOf(8, 2);

    [Fact]
    public void A_page_is_kloads_two_words() =>
        Assert.Equal([0x5_0001UL, 0x2_0008UL], PageList.Words([new PageMove(0x20, 0x50, 1)]));

    [Fact]
    public void A_source_counts_its_other_pages_above_the_address() =>
        Assert.Equal([0x5_0001UL, 0x00f0_0000_0002_0008UL], PageList.Words([new PageMove(0x20, 0x50, 16)]));

    [Fact]
    public void More_pages_take_more_words_and_the_destination_goes_on() =>
        Assert.Equal(
            [0x5_0001UL, 0xfff0_0000_0002_0008UL, 0x102_0008UL],
            PageList.Words([new PageMove(0x20, 0x50, 4097)]));

    [Fact]
    public void A_descending_extent_begins_at_its_end() =>
        Assert.Equal(
            [0x51_0001UL, 0xfff0_0000_0021_0018UL, 0x50_0001UL, 0x00f0_0000_0020_0018UL],
            PageList.Words([new PageMove(0x200, 0x500, 4112, Descending: true)]));

    [Theory]
    [InlineData("", "0x0")]
    [InlineData("0", "0x0")]
    [InlineData("8008", "0x8008: a source before any destination")]
    [InlineData("50001 20008", "0x0")]
    [InlineData("8002", "does not end")]
    [InlineData("100002", "0x100000, where no piece of it lies")]
    [InlineData("50003 4", "0x50003")]
    public void A_list_that_is_none_is_refused(string words, string problem)
    {
        ulong[] list = [.. words.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(w => Convert.ToUInt64(w, 16))];
        byte[] bytes = new byte[Place.Length];
        Buffer.BlockCopy(list, 0, bytes, 0, list.Length * sizeof(ulong));
        Segment piece = new("list", Place, SegmentContent.OfBytes(bytes, "list"));
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => PageList.Read([piece], Place.Start, _ => { }));
        Assert.Contains(problem, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_does_not_fit_is_refused() =>
        Assert.Throws<ArgumentException>(() => PageList.Write(new ulong[1023], [TestPages.RangeOf(8), TestPages.RangeOf(10)]));

    [Theory]
    [InlineData("50001 20008 4", null)]
    [InlineData("50001 4", "0x50000 would hold what was at 0x50000, not at 0x20000")]
    [InlineData("50001 21008 4", "0x50000 would hold what was at 0x21000, not at 0x20000")]
    [InlineData("50001 21008 50001 20008 4", "0x50000 would hold what was at 0x21000, not at 0x20000")]
    [InlineData("50001 20008 50001 20008 4", null)]
    [InlineData("60001 20008 4", "0x60000 is written, which is no destination")]
    [InlineData("50001 10000000020008 4", "0x51000 is written, which is no destination")]
    [InlineData("5001 20008 50001 5008 4", null)]
    public void The_check_finds_what_is_wrong(string words, string? expected)
    {
        ulong[] list = [.. words.Split(' ').Select(w => Convert.ToUInt64(w, 16))];
        byte[] bytes = new byte[Place.Length];
        Buffer.BlockCopy(list, 0, bytes, 0, list.Length * sizeof(ulong));
        Segment piece = new("list", Place, SegmentContent.OfBytes(bytes, "list"));
        _ = PageListCheck.Run([piece], Place.Start, [new PageMove(0x20, 0x50, 1)], spare: 5, out string? problem);
        Assert.Equal(expected is null, problem is null);
        Assert.Contains(expected ?? "", problem ?? "", StringComparison.Ordinal);
    }

    /// <summary>The machine has no memory to spare: 8 bytes a page would be 1 MiB for this image.</summary>
    [Fact]
    public void The_check_of_half_a_gigabyte_takes_little_memory()
    {
        const ulong Pages = 1 << 17;
        List<PageMove> held = [new PageMove(0x10_0000, 0x1000, Pages)];
        IReadOnlyList<Segment> list = PageList.Write(PageList.Words(held), [Place]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        PageListCheck check = PageListCheck.Run(list, Place.Start, held, spare: 5, out string? problem);
        Assert.Null(problem);
        Assert.Equal(Pages, check.Copies);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }
}
