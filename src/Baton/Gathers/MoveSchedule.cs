namespace Baton.Gathers;

/// <summary>
/// Puts moves into an order in which no page is overwritten before it was moved itself. Extents that wait for each
/// other in a circle are taken apart as far as they must be: chains of their parts are moved from the end, and each circle of
/// pages is broken over one spare page.
/// </summary>
public sealed class MoveSchedule
{
    private readonly PageMove[] _extents;
    private readonly ulong[] _starts;
    private readonly ulong _spare;
    private readonly PageMoves _ordered = new();

    private MoveSchedule(PageMove[] bySource, ulong spare)
    {
        _extents = bySource;
        _starts = Array.ConvertAll(bySource, extent => extent.Source);
        _spare = spare;
    }

    /// <summary>Orders moves.</summary>
    /// <param name="moves">Extents in any order. No two sources overlap, and no two destinations.</param>
    /// <param name="spare">A page that is in none of them, as a number.</param>
    /// <exception cref="ArgumentException">Sources or destinations overlap, or the spare page is one of them.</exception>
    public static IReadOnlyList<PageMove> Order(IReadOnlyList<PageMove> moves, ulong spare)
    {
        ArgumentNullException.ThrowIfNull(moves);
        PageMove[] extents = [.. moves];
        Array.Sort(extents, (a, b) => a.Destination.CompareTo(b.Destination));
        CheckApart(extents, move => move.Destination, spare, "destinations");
        Array.Sort(extents, (a, b) => a.Source.CompareTo(b.Source));
        CheckApart(extents, move => move.Source, spare, "sources");
        extents = Array.FindAll(extents, move => move.Source != move.Destination);
        MoveSchedule schedule = new(extents, spare);
        new WaitingExtents(extents.Length, schedule.Blocking).Visit(schedule.Emit);
        return schedule._ordered.Moves;
    }

    private static void CheckApart(PageMove[] sorted, Func<PageMove, ulong> start, ulong spare, string what)
    {
        for (int i = 0; i < sorted.Length; i++)
        {
            ulong first = start(sorted[i]);
            if (sorted[i].Pages == 0 || (i > 0 && first < start(sorted[i - 1]) + sorted[i - 1].Pages))
            {
                throw new ArgumentException($"{what}: {sorted[i]} is empty or overlaps another");
            }

            if (spare >= first && spare - first < sorted[i].Pages)
            {
                throw new ArgumentException($"{what}: {sorted[i]} has the spare page 0x{spare * PageMove.PageSize:x} in it");
            }
        }
    }

    /// <summary>The extents, by index, whose sources an extent's destination overlaps: they must go before it.</summary>
    private (int First, int End) Blocking(int extent)
    {
        PageMove move = _extents[extent];
        int first = IndexOf(move.Destination);
        if (first < 0 || _extents[first].SourceEnd <= move.Destination)
        {
            first++;
        }

        return (first, IndexOf(move.DestinationEnd - 1) + 1);
    }

    /// <summary>The last extent whose source begins at or before a page; -1 when none does.</summary>
    private int IndexOf(ulong page)
    {
        int found = Array.BinarySearch(_starts, page);
        return found >= 0 ? found : ~found - 1;
    }

    private void Emit(ReadOnlySpan<int> group)
    {
        if (group.Length == 1)
        {
            PageMove move = _extents[group[0]];
            bool descends = move.Destination > move.Source && move.Destination < move.SourceEnd;
            _ordered.Add(move.Source, move.Destination, move.Pages, descends);
            return;
        }

        PageMove[] extents = new PageMove[group.Length];
        for (int i = 0; i < group.Length; i++)
        {
            extents[i] = _extents[group[i]];
        }

        new ExtentChains(extents, _spare, _ordered).Emit();
    }
}
