namespace Baton.Gathers;

/// <summary>Extents by the addresses of their sources, or of their destinations; no two of them overlap there.</summary>
internal sealed class SortedExtents
{
    private readonly PageMove[] _extents;
    private readonly bool _byDestination;

    private SortedExtents(PageMove[] extents, bool byDestination)
    {
        _extents = extents;
        _byDestination = byDestination;
        Array.Sort(extents, (a, b) => StartOf(a).CompareTo(StartOf(b)));
    }

    /// <summary>How many there are.</summary>
    public int Count => _extents.Length;

    /// <summary>An extent, by its place in the order.</summary>
    public PageMove this[int index] => _extents[index];

    /// <summary>Sorts an array by sources, in place.</summary>
    public static SortedExtents BySource(PageMove[] extents) => new(extents, byDestination: false);

    /// <summary>Sorts an array by destinations, in place.</summary>
    public static SortedExtents ByDestination(PageMove[] extents) => new(extents, byDestination: true);

    /// <summary>An extent's first page on the side that they are sorted by.</summary>
    public ulong StartOf(PageMove extent) => _byDestination ? extent.Destination : extent.Source;

    /// <summary>The first extent that ends behind a page, whether it has that page or not; the count when none does.</summary>
    public int FirstReaching(ulong page)
    {
        int low = 0;
        int high = _extents.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (page >= StartOf(_extents[middle]) + _extents[middle].Pages)
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

    /// <summary>Whether the first extent that ends behind a page has it.</summary>
    /// <param name="first">What <see cref="FirstReaching"/> said of the page.</param>
    /// <param name="page">The page.</param>
    public bool Has(int first, ulong page) => first < _extents.Length && page >= StartOf(_extents[first]);
}
