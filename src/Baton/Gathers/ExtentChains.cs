using System.Collections;

namespace Baton.Gathers;

/// <summary>
/// Orders extents that wait for each other. Where a part of an extent finds its place free it goes there whole, which sets as
/// much free for others: they form chains. What is left then are circles, and each page of them goes around by putting one aside.
/// </summary>
/// <remarks>
/// Beside the extents themselves it takes a bit for each page: machines in which many wait have no memory to spare.
/// </remarks>
internal sealed class ExtentChains
{
    private readonly PageMove[] _bySource;
    private readonly PageMove[] _byDestination;

    /// <summary>How many pages lie in the extents before each, by source.</summary>
    private readonly int[] _ordinals;

    private readonly BitArray _isMoved;
    private readonly ulong _spare;
    private readonly PageMoves _ordered;

    /// <summary>Moves whose sources are free by now, and not yet offered to those that wait.</summary>
    private readonly List<PageMove> _open = [];

    /// <param name="bySource">The extents, sources ascending.</param>
    /// <param name="spare">The page in which one is put aside.</param>
    /// <param name="ordered">Where moves are added.</param>
    public ExtentChains(PageMove[] bySource, ulong spare, PageMoves ordered)
    {
        _bySource = bySource;
        _byDestination = [.. bySource];
        Array.Sort(_byDestination, (a, b) => a.Destination.CompareTo(b.Destination));
        _spare = spare;
        _ordered = ordered;
        _ordinals = new int[bySource.Length];
        int pages = 0;
        for (int i = 0; i < bySource.Length; i++)
        {
            _ordinals[i] = pages;
            pages += (int)bySource[i].Pages;
        }

        _isMoved = new BitArray(pages);
    }

    /// <summary>Adds the moves in order.</summary>
    public void Emit()
    {
        foreach (PageMove extent in _bySource)
        {
            MoveWhatIsFree(extent);
        }

        foreach (PageMove extent in _bySource)
        {
            for (ulong page = 0; page < extent.Pages; page++)
            {
                if (!_isMoved[OrdinalOf(extent.Source + page)])
                {
                    MoveAround(extent.Source + page, extent.Destination + page);
                }
            }
        }
    }

    /// <summary>Moves the parts of an extent whose places were free from the beginning: no source lies there.</summary>
    private void MoveWhatIsFree(PageMove extent)
    {
        ulong at = extent.Destination;
        for (int i = Math.Max(IndexOf(at), 0); at < extent.DestinationEnd; i++)
        {
            ulong taken = i < _bySource.Length ? _bySource[i].Source : ulong.MaxValue;
            MoveTo(extent, at, Math.Min(taken, extent.DestinationEnd));
            at = i < _bySource.Length ? Math.Max(at, _bySource[i].SourceEnd) : extent.DestinationEnd;
        }
    }

    /// <summary>One page is put aside, so that those of its circle can follow each other.</summary>
    private void MoveAround(ulong source, ulong destination)
    {
        _ordered.Add(source, _spare, 1);
        _isMoved[OrdinalOf(source)] = true;
        _open.Add(new PageMove(source, _spare, 1));
        FollowChains();
        _ordered.Add(_spare, destination, 1);
    }

    /// <summary>Moves the part of an extent that goes to some free pages, and what can go then.</summary>
    private void MoveTo(PageMove extent, ulong from, ulong to)
    {
        if (from < to && Move(extent, from, to))
        {
            FollowChains();
        }
    }

    private void FollowChains()
    {
        while (_open.Count > 0)
        {
            PageMove free = _open[^1];
            _open.RemoveAt(_open.Count - 1);
            for (int i = FirstTo(free.Source); i < _byDestination.Length && _byDestination[i].Destination < free.SourceEnd; i++)
            {
                PageMove extent = _byDestination[i];
                Move(extent, Math.Max(extent.Destination, free.Source), Math.Min(extent.DestinationEnd, free.SourceEnd));
            }
        }
    }

    /// <summary>Adds the move of what goes to some pages.</summary>
    /// <returns>Whether it was to be moved: the page that was put aside goes last.</returns>
    private bool Move(PageMove extent, ulong from, ulong to)
    {
        ulong source = extent.Source + (from - extent.Destination);
        int ordinal = OrdinalOf(source);
        if (_isMoved[ordinal])
        {
            return false;
        }

        ulong pages = to - from;
        for (ulong page = 0; page < pages; page++)
        {
            _isMoved[ordinal + (int)page] = true;
        }

        _ordered.Add(source, from, pages);
        _open.Add(new PageMove(source, from, pages));
        return true;
    }

    /// <summary>The first extent that goes to a page or behind it.</summary>
    private int FirstTo(ulong page)
    {
        int low = 0;
        int high = _byDestination.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_byDestination[middle].DestinationEnd <= page)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    /// <summary>The last extent whose source begins at or before a page; -1 when none does.</summary>
    private int IndexOf(ulong page)
    {
        int low = 0;
        int high = _bySource.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_bySource[middle].Source <= page)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low - 1;
    }

    private int OrdinalOf(ulong source)
    {
        int extent = IndexOf(source);
        return _ordinals[extent] + (int)(source - _bySource[extent].Source);
    }
}
