using System.Collections;

namespace Baton.Gathers;

/// <summary>A mark, which takes a bit, for each page of extents, on the side that they are sorted by.</summary>
internal sealed class PageMarks
{
    private readonly SortedExtents _extents;

    /// <summary>How many pages lie in the extents before each.</summary>
    private readonly int[] _before;
    private readonly BitArray _marks;

    /// <summary>No page is marked yet.</summary>
    public PageMarks(SortedExtents extents)
    {
        _extents = extents;
        _before = new int[extents.Count];
        int pages = 0;
        for (int i = 0; i < extents.Count; i++)
        {
            _before[i] = pages;
            pages += (int)extents[i].Pages;
        }

        _marks = new BitArray(pages);
    }

    /// <summary>Whether a page is marked.</summary>
    /// <param name="extent">The extent that has it, by its place in the order.</param>
    /// <param name="page">The page.</param>
    public bool this[int extent, ulong page]
    {
        get => _marks[Ordinal(extent, page)];
        set => _marks[Ordinal(extent, page)] = value;
    }

    private int Ordinal(int extent, ulong page) => _before[extent] + (int)(page - _extents.StartOf(_extents[extent]));
}
