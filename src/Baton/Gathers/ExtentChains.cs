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
    private readonly SortedExtents _bySource;
    private readonly SortedExtents _byDestination;

    /// <summary>Which pages have been moved, by source.</summary>
    private readonly PageMarks _isMoved;
    private readonly ulong _spare;
    private readonly PageMoves _ordered;

    /// <summary>Moves whose sources are free by now, and not yet offered to those that wait.</summary>
    private readonly List<PageMove> _open = [];

    /// <param name="extents">The extents, which are sorted by source.</param>
    /// <param name="spare">The page in which one is put aside.</param>
    /// <param name="ordered">Where moves are added.</param>
    public ExtentChains(PageMove[] extents, ulong spare, PageMoves ordered)
    {
        _bySource = SortedExtents.BySource(extents);
        _byDestination = SortedExtents.ByDestination([.. extents]);
        _isMoved = new PageMarks(_bySource);
        _spare = spare;
        _ordered = ordered;
    }

    /// <summary>Adds the moves in order.</summary>
    public void Emit()
    {
        for (int i = 0; i < _bySource.Count; i++)
        {
            MoveWhatIsFree(_bySource[i]);
        }

        for (int i = 0; i < _bySource.Count; i++)
        {
            PageMove extent = _bySource[i];
            for (ulong page = 0; page < extent.Pages; page++)
            {
                if (!_isMoved[i, extent.Source + page])
                {
                    MoveAround(i, extent.Source + page, extent.Destination + page);
                }
            }
        }
    }

    /// <summary>Moves the parts of an extent whose places were free from the beginning: no source lies there.</summary>
    private void MoveWhatIsFree(PageMove extent)
    {
        ulong at = extent.Destination;
        for (int i = _bySource.FirstReaching(at); at < extent.DestinationEnd; i++)
        {
            ulong taken = i < _bySource.Count ? _bySource[i].Source : ulong.MaxValue;
            MoveTo(extent, at, Math.Min(taken, extent.DestinationEnd));
            at = i < _bySource.Count ? Math.Max(at, _bySource[i].SourceEnd) : extent.DestinationEnd;
        }
    }

    /// <summary>One page is put aside, so that those of its circle can follow each other.</summary>
    private void MoveAround(int extent, ulong source, ulong destination)
    {
        _ordered.Add(source, _spare, 1);
        _isMoved[extent, source] = true;
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
            for (int i = _byDestination.FirstReaching(free.Source);
                i < _byDestination.Count && _byDestination[i].Destination < free.SourceEnd;
                i++)
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
        int index = _bySource.FirstReaching(source);
        if (_isMoved[index, source])
        {
            return false;
        }

        ulong pages = to - from;
        for (ulong page = 0; page < pages; page++)
        {
            _isMoved[index, source + page] = true;
        }

        _ordered.Add(source, from, pages);
        _open.Add(new PageMove(source, from, pages));
        return true;
    }
}
