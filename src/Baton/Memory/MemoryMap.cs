using System.Collections;

namespace Baton.Memory;

/// <summary>The memory of a machine: sorted regions that do not overlap, each with its source. Immutable.</summary>
public sealed class MemoryMap : IReadOnlyList<MemoryRegion>
{
    private readonly MemoryRegion[] _regions;

    private MemoryMap(MemoryRegion[] sorted) => _regions = sorted;

    /// <summary>A map that says nothing.</summary>
    public static MemoryMap Empty { get; } = new([]);

    public int Count => _regions.Length;

    public MemoryRegion this[int index] => _regions[index];

    /// <summary>All of the map's ordinary memory.</summary>
    public RangeSet Ram => OfKind(MemoryKind.Ram);

    /// <summary>
    /// Builds a map from regions in any order. Where two overlap, ordinary memory gives way to anything else, and
    /// otherwise the later one wins: a range that anybody calls special is not used.
    /// </summary>
    public static MemoryMap Of(IEnumerable<MemoryRegion> regions)
    {
        ArgumentNullException.ThrowIfNull(regions);
        MemoryMap map = Empty;
        foreach (MemoryRegion region in regions.OrderBy(r => r.Kind.IsRam ? 0 : 1))
        {
            map = map.Overlay(region);
        }

        return map;
    }

    /// <summary>The map with one region put over what was there.</summary>
    public MemoryMap Overlay(MemoryRegion region)
    {
        if (region.Range.IsEmpty)
        {
            return this;
        }

        List<MemoryRegion> regions = [];
        foreach (MemoryRegion old in _regions)
        {
            if (!old.Range.Overlaps(region.Range))
            {
                regions.Add(old);
                continue;
            }

            regions.AddRange(RangeSet.Of(old.Range).Subtract([region.Range]).Select(left => old with { Range = left }));
        }

        regions.Add(region);
        regions.Sort((a, b) => a.Range.CompareTo(b.Range));
        return new MemoryMap([.. regions]);
    }

    /// <summary>The map with neighbours of one kind, source and label joined: as few regions as say the same.</summary>
    public MemoryMap Coalesce()
    {
        List<MemoryRegion> joined = [];
        foreach (MemoryRegion region in _regions)
        {
            if (joined.Count > 0 && joined[^1].Range.End == region.Range.Start
                && joined[^1] with { Range = region.Range } == region)
            {
                joined[^1] = region with { Range = PhysicalRange.Between(joined[^1].Range.Start, region.Range.End) };
            }
            else
            {
                joined.Add(region);
            }
        }

        return new MemoryMap([.. joined]);
    }

    /// <summary>All ranges of one kind.</summary>
    public RangeSet OfKind(MemoryKind kind) => RangeSet.Of(_regions.Where(r => r.Kind == kind).Select(r => r.Range));

    /// <summary>The region that holds an address; null where the map says nothing.</summary>
    public MemoryRegion? Find(PhysicalAddress address)
    {
        foreach (MemoryRegion region in _regions)
        {
            if (region.Range.Contains(address))
            {
                return region;
            }
        }

        return null;
    }

    public IEnumerator<MemoryRegion> GetEnumerator() => ((IEnumerable<MemoryRegion>)_regions).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
