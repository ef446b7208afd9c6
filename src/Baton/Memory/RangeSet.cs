using System.Collections;

namespace Baton.Memory;

/// <summary>A set of physical addresses: sorted ranges that neither overlap nor touch. Immutable.</summary>
public sealed class RangeSet : IReadOnlyList<PhysicalRange>
{
    private readonly PhysicalRange[] _ranges;

    private RangeSet(PhysicalRange[] normalised) => _ranges = normalised;

    /// <summary>The set with no address in it.</summary>
    public static RangeSet Empty { get; } = new([]);

    /// <summary>The number of separate ranges.</summary>
    public int Count => _ranges.Length;

    /// <summary>The number of bytes in the set.</summary>
    public ulong Length => _ranges.Aggregate(0UL, (sum, range) => sum + range.Length);

    public PhysicalRange this[int index] => _ranges[index];

    /// <summary>The union of ranges in any order, overlapping or not.</summary>
    public static RangeSet Of(params IEnumerable<PhysicalRange> ranges)
    {
        List<PhysicalRange> merged = [];
        foreach (PhysicalRange range in ranges.Where(r => !r.IsEmpty).Order())
        {
            if (merged.Count > 0 && range.Start <= merged[^1].End)
            {
                PhysicalAddress end = PhysicalAddress.Max(merged[^1].End, range.End);
                merged[^1] = PhysicalRange.Between(merged[^1].Start, end);
            }
            else
            {
                merged.Add(range);
            }
        }

        return new RangeSet([.. merged]);
    }

    public RangeSet Union(IEnumerable<PhysicalRange> other) => Of(_ranges.Concat(other));

    /// <summary>The addresses of this set that are not in <paramref name="other"/>.</summary>
    public RangeSet Subtract(IEnumerable<PhysicalRange> other)
    {
        RangeSet holes = other as RangeSet ?? Of(other);
        List<PhysicalRange> left = [];
        int next = 0;
        foreach (PhysicalRange range in _ranges)
        {
            PhysicalAddress start = range.Start;
            while (next < holes.Count && holes[next].End <= start)
            {
                next++;
            }

            for (int i = next; i < holes.Count && holes[i].Start < range.End; i++)
            {
                if (holes[i].Start > start)
                {
                    left.Add(PhysicalRange.Between(start, holes[i].Start));
                }

                start = PhysicalAddress.Max(start, holes[i].End);
            }

            if (start < range.End)
            {
                left.Add(PhysicalRange.Between(start, range.End));
            }
        }

        return new RangeSet([.. left]);
    }

    /// <summary>The addresses that are in both.</summary>
    public RangeSet Intersect(IEnumerable<PhysicalRange> other) => Subtract(Subtract(other));

    /// <summary>The addresses of the set inside one range.</summary>
    public RangeSet Clip(PhysicalRange range)
    {
        List<PhysicalRange> inside = [];
        for (int i = Math.Max(0, IndexAtOrBelow(range.Start)); i < _ranges.Length && _ranges[i].Start < range.End; i++)
        {
            if (_ranges[i].Intersect(range) is { } piece)
            {
                inside.Add(piece);
            }
        }

        return new RangeSet([.. inside]);
    }

    public bool Contains(PhysicalAddress address) => IndexAtOrBelow(address) is >= 0 and int i && _ranges[i].Contains(address);

    /// <summary>Whether every byte of the range is in the set.</summary>
    public bool Contains(PhysicalRange range) =>
        range.IsEmpty || (IndexAtOrBelow(range.Start) is >= 0 and int i && _ranges[i].Contains(range));

    /// <summary>Whether at least one byte of the range is in the set.</summary>
    public bool Overlaps(PhysicalRange range) => _ranges.Any(range.Overlaps);

    /// <summary>The whole units of <paramref name="alignment"/> bytes (a power of two) in the set.</summary>
    public RangeSet ShrinkTo(ulong alignment) =>
        Of(_ranges.Select(r => r.ShrinkTo(alignment)).OfType<PhysicalRange>());

    /// <summary>The units of <paramref name="alignment"/> bytes (a power of two) that the set touches.</summary>
    public RangeSet GrowTo(ulong alignment) => Of(_ranges.Select(r => r.GrowTo(alignment)));

    public IEnumerator<PhysicalRange> GetEnumerator() => ((IEnumerable<PhysicalRange>)_ranges).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => string.Join(' ', _ranges);

    private int IndexAtOrBelow(PhysicalAddress address)
    {
        int low = 0;
        int high = _ranges.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (_ranges[middle].Start <= address)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return high;
    }
}
