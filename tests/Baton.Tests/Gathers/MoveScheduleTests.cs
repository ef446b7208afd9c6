using Baton.Gathers;
using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Tests.Gathers;

/// <summary>No page is overwritten before it was moved, whatever lies where.</summary>
public sealed class MoveScheduleTests
{
    private const ulong First = 0x1_0000;
    private const ulong Spare = 0x5;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(60, 1)]
    [InlineData(60, 7)]
    [InlineData(300, 40)]
    [InlineData(3000, 1)]
    [InlineData(3000, 600)]
    public void Every_page_comes_to_its_place(int pages, int longest)
    {
        for (int seed = 0; seed < 60; seed++)
        {
            List<PageMove> held = TestPages.Scatter(new Random(seed), First, pages, longest);
            IReadOnlyList<PageMove> moves = MoveSchedule.Order(held, Spare);
            AssertRight(held, moves, $"seed {seed}");
            AssertRight(held, ThroughAList(moves), $"seed {seed}, by the list");
        }
    }

    [Fact]
    public void An_extent_that_overlaps_itself_stays_one()
    {
        PageMove up = new(First, First + 3, 1000);
        PageMove down = new(First + 3, First, 1000);
        Assert.Equal([up with { Descending = true }], MoveSchedule.Order([up], Spare));
        Assert.Equal([down], MoveSchedule.Order([down], Spare));
    }

    [Fact]
    public void Extents_that_wait_in_a_line_stay_whole()
    {
        PageMove first = new(First, First + 100, 100);
        PageMove second = new(First + 100, First + 200, 100);
        PageMove third = new(First + 200, First + 350, 100);
        Assert.Equal([third, second, first], MoveSchedule.Order([first, third, second], Spare));
    }

    [Fact]
    public void Pages_in_place_are_left_alone()
    {
        Assert.Empty(MoveSchedule.Order([new PageMove(First, First, 5000)], Spare));
    }

    [Fact]
    public void A_circle_takes_one_page_aside()
    {
        PageMove[] swapped = [new(First, First + 1, 1), new(First + 1, First, 1)];
        Assert.Equal(
            [new PageMove(First, Spare, 1), new PageMove(First + 1, First, 1), new PageMove(Spare, First + 1, 1)],
            MoveSchedule.Order(swapped, Spare));
    }

    /// <summary>
    /// Huge pages in any order fill a machine but for a seventh, and belong together at a place to which none of them is
    /// aligned: nearly all wait for each other. They are cut where they must be, and not into pages.
    /// </summary>
    [Fact]
    public void Extents_that_wait_for_each_other_are_cut_into_few_parts()
    {
        const int Count = 256;
        const ulong Pages = 512;
        for (int seed = 0; seed < 20; seed++)
        {
            Random random = new(seed);
            int[] places = [.. Enumerable.Range(0, Count * 7 / 6)];
            random.Shuffle(places);
            List<PageMove> held = [];
            for (int i = 0; i < Count; i++)
            {
                held.Add(new PageMove(First + ((ulong)places[i] * Pages), First + 0x4da + ((ulong)i * Pages), Pages));
            }

            IReadOnlyList<PageMove> moves = MoveSchedule.Order(held, Spare);
            AssertRight(held, moves, $"seed {seed}");
            Assert.InRange(moves.Count, Count, Count * 10);
        }
    }

    /// <summary>In a machine with no place to spare every page goes around in a circle.</summary>
    [Fact]
    public void Extents_that_fill_all_places_go_around()
    {
        PageMove[] held =
        [
            new(First, First + 350, 100), new(First + 100, First, 250), new(First + 350, First + 450, 150),
            new(First + 500, First + 250, 100),
        ];
        List<PageMove> extents = [.. held];
        IReadOnlyList<PageMove> moves = MoveSchedule.Order(extents, Spare);
        AssertRight(extents, moves, "all places");
        Assert.Contains(moves, move => move.Destination == Spare);
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        PageMove move = new(First, First + 50, 10);
        Assert.Throws<ArgumentException>(() => MoveSchedule.Order([move, new(First + 9, First + 90, 2)], Spare));
        Assert.Throws<ArgumentException>(() => MoveSchedule.Order([move, new(First + 10, First + 59, 2)], Spare));
        Assert.Throws<ArgumentException>(() => MoveSchedule.Order([move], First + 9));
        Assert.Throws<ArgumentException>(() => MoveSchedule.Order([move], First + 50));
        Assert.Throws<ArgumentException>(() => MoveSchedule.Order([move with { Pages = 0 }], Spare));
    }

    /// <summary>Lists of hundreds of thousands of pages must not be a matter of square or of depth.</summary>
    [Fact]
    public void Three_hundred_thousand_shuffled_pages_are_ordered_and_checked()
    {
        List<PageMove> held = TestPages.Scatter(new Random(300), First, 300_000, 1);
        IReadOnlyList<PageMove> moves = MoveSchedule.Order(held, Spare);
        IReadOnlyList<ulong> words = PageList.Words(moves);
        PhysicalRange place = new(new PhysicalAddress(0x8000), (ulong)(words.Count + 512) / 512 * 4096);
        IReadOnlyList<Segment> list = PageList.Write(words, [place]);
        PageListCheck check = PageListCheck.Run(list, place.Start, held, Spare, out string? problem);
        Assert.Null(problem);
        Assert.InRange(check.Entries, 250_000, 400_000);
    }

    /// <summary>Moves numbers instead of pages, and looks where they have come to.</summary>
    private static void AssertRight(List<PageMove> held, IReadOnlyList<PageMove> moves, string what)
    {
        Dictionary<ulong, ulong> memory = [];
        HashSet<ulong> destinations = [Spare];
        foreach (PageMove move in held)
        {
            for (ulong i = 0; i < move.Pages; i++)
            {
                memory[move.Source + i] = move.Source + i;
                destinations.Add(move.Destination + i);
            }
        }

        foreach (PageMove move in moves)
        {
            for (ulong i = 0; i < move.Pages; i++)
            {
                ulong page = move.Descending ? move.Pages - 1 - i : i;
                Assert.Contains(move.Destination + page, destinations);
                memory[move.Destination + page] = memory[move.Source + page];
            }
        }

        foreach (PageMove move in held)
        {
            for (ulong i = 0; i < move.Pages; i++)
            {
                Assert.True(memory[move.Destination + i] == move.Source + i, $"{what}: {move}, page {i}");
            }
        }
    }

    private static List<PageMove> ThroughAList(IReadOnlyList<PageMove> moves)
    {
        IReadOnlyList<ulong> words = PageList.Words(moves);

        // Pieces of a page, as many as there must be: the list leads from one to the next.
        List<PhysicalRange> places = [];
        for (int i = 0; i * 511 <= words.Count; i++)
        {
            places.Add(TestPages.RangeOf((ulong)(100 + (7 * i))));
        }

        List<PageMove> read = [];
        PageList.Read(PageList.Write(words, places), places[0].Start, read.Add);
        return read;
    }
}
