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
        return Layer(regions.OrderBy(r => r.Kind.IsRam ? 0 : 1));
    }

    /// <summary>The map with regions put over what was there, one after the other.</summary>
    public MemoryMap Overlay(params IEnumerable<MemoryRegion> regions) => Layer(_regions.Concat(regions));

    /// <summary>What is seen from above when regions lie over one another, the last one on top: one sweep over them.</summary>
    private static MemoryMap Layer(IEnumerable<MemoryRegion> fromBelow)
    {
        MemoryRegion[] layers = [.. fromBelow.Where(region => !region.Range.IsEmpty)];
        int[] byStart = [.. Enumerable.Range(0, layers.Length).OrderBy(layer => layers[layer].Range.Start)];
        List<MemoryRegion> seen = [];

        // The layers that have begun, the highest one first. Those that have ended go when they come to the front.
        PriorityQueue<int, int> begun = new();
        int next = 0;
        int last = -1;
        PhysicalAddress at = PhysicalAddress.Zero;
        while (true)
        {
            while (begun.TryPeek(out int ended, out _) && layers[ended].Range.End <= at)
            {
                begun.Dequeue();
            }

            if (begun.Count == 0)
            {
                if (next == byStart.Length)
                {
                    return new MemoryMap([.. seen]);
                }

                at = layers[byStart[next]].Range.Start;
            }

            for (; next < byStart.Length && layers[byStart[next]].Range.Start <= at; next++)
            {
                begun.Enqueue(byStart[next], -byStart[next]);
            }

            int top = begun.Peek();
            PhysicalAddress end = layers[top].Range.End;
            if (next < byStart.Length)
            {
                end = PhysicalAddress.Min(end, layers[byStart[next]].Range.Start);
            }

            if (top == last && seen[^1].Range.End == at)
            {
                seen[^1] = layers[top] with { Range = PhysicalRange.Between(seen[^1].Range.Start, end) };
            }
            else
            {
                seen.Add(layers[top] with { Range = PhysicalRange.Between(at, end) });
            }

            last = top;
            at = end;
        }
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
