namespace Baton.Gathers;

/// <summary>Collects moves in the order in which they are to happen, and joins those that are one extent.</summary>
public sealed class PageMoves
{
    private readonly List<PageMove> _moves = [];

    /// <summary>The moves so far.</summary>
    public IReadOnlyList<PageMove> Moves => _moves;

    /// <summary>The pages of all moves.</summary>
    public ulong Pages { get; private set; }

    /// <summary>Adds pages behind the last.</summary>
    public void Add(ulong source, ulong destination, ulong pages, bool descending = false)
    {
        if (pages == 0)
        {
            return;
        }

        Pages += pages;
        PageMove move = new(source, destination, pages, descending);
        if (_moves.Count > 0 && Join(_moves[^1], move) is { } joined)
        {
            _moves[^1] = joined;
        }
        else
        {
            _moves.Add(move);
        }
    }

    /// <summary>
    /// Two moves as one that has the same effect. A page alone is neither ascending nor descending; an extent must be
    /// walked so that no page of it is overwritten before it was moved.
    /// </summary>
    private static PageMove? Join(PageMove first, PageMove second)
    {
        bool isBehind = first.SourceEnd == second.Source && first.DestinationEnd == second.Destination;
        bool isBefore = second.SourceEnd == first.Source && second.DestinationEnd == first.Destination;
        return isBehind && MayAscend(first) && MayAscend(second)
                ? new PageMove(first.Source, first.Destination, first.Pages + second.Pages)
            : isBefore && MayDescend(first) && MayDescend(second)
                ? new PageMove(second.Source, second.Destination, first.Pages + second.Pages, Descending: true)
            : null;
    }

    private static bool MayAscend(PageMove move) => !move.Descending || move.Pages == 1;

    private static bool MayDescend(PageMove move) => move.Descending || move.Pages == 1;
}
