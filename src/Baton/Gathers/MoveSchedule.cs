namespace Baton.Gathers;

/// <summary>
/// Puts moves into an order in which no page is overwritten before it was moved itself. Extents that wait for each
/// other in a circle are taken apart as far as they must be: chains of their parts are moved from the end, and each circle of
/// pages is broken over one spare page.
/// </summary>
public sealed class MoveSchedule
{
    private readonly SortedExtents _extents;
    private readonly ulong _spare;
    private readonly PageMoves _ordered = new();

    private MoveSchedule(SortedExtents bySource, ulong spare)
    {
        _extents = bySource;
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
        CheckApart(SortedExtents.ByDestination(extents), spare, "destinations");
        CheckApart(SortedExtents.BySource(extents), spare, "sources");
        SortedExtents waiting = SortedExtents.BySource(Array.FindAll(extents, move => move.Source != move.Destination));
        MoveSchedule schedule = new(waiting, spare);
        new WaitingExtents(waiting.Count, schedule.Blocking).Visit(schedule.Emit);
        return schedule._ordered.Moves;
    }

    private static void CheckApart(SortedExtents extents, ulong spare, string what)
    {
        ulong end = 0;
        for (int i = 0; i < extents.Count; i++)
        {
            PageMove move = extents[i];
            ulong first = extents.StartOf(move);
            if (move.Pages == 0 || first < end)
            {
                throw new ArgumentException($"{what}: {move} is empty or overlaps another");
            }

            end = first + move.Pages;
            if (spare >= first && spare < end)
            {
                throw new ArgumentException($"{what}: {move} has the spare page 0x{spare * PageMove.PageSize:x} in it");
            }
        }
    }

    /// <summary>The extents, by index, whose sources an extent's destination overlaps: they must go before it.</summary>
    private (int First, int End) Blocking(int extent)
    {
        PageMove move = _extents[extent];
        ulong last = move.DestinationEnd - 1;
        int end = _extents.FirstReaching(last);
        return (_extents.FirstReaching(move.Destination), _extents.Has(end, last) ? end + 1 : end);
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
