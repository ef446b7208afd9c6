namespace Baton.Memory;

/// <summary>
/// A half-open range of physical memory, in bytes: the end is the first address that is not in it. A range that wraps
/// cannot be constructed, so the last byte of the 64-bit space is never in one.
/// </summary>
public readonly record struct PhysicalRange : IComparable<PhysicalRange>
{
    /// <exception cref="ArgumentOutOfRangeException">The range would wrap.</exception>
    public PhysicalRange(PhysicalAddress start, ulong length)
    {
        if (!Fits(start, length))
        {
            throw new ArgumentOutOfRangeException(
                nameof(length), $"0x{length:x} bytes from {start} reach beyond the 64-bit address space");
        }

        Start = start;
        Length = length;
    }

    /// <summary>The first address.</summary>
    public PhysicalAddress Start { get; }

    /// <summary>The size in bytes.</summary>
    public ulong Length { get; }

    /// <summary>The first address behind the range.</summary>
    public PhysicalAddress End => Start + Length;

    /// <summary>Whether there is no byte in it.</summary>
    public bool IsEmpty => Length == 0;

    /// <summary>Whether a range of this size can start there without wrapping.</summary>
    public static bool Fits(PhysicalAddress start, ulong length) => length <= ulong.MaxValue - start.Value;

    /// <summary>The range between two addresses.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The end is below the start.</exception>
    public static PhysicalRange Between(PhysicalAddress start, PhysicalAddress end) =>
        end >= start
            ? new PhysicalRange(start, end - start)
            : throw new ArgumentOutOfRangeException(nameof(end), $"the end {end} is below the start {start}");

    /// <summary>The range of a firmware table that gives the last byte; clipped where it reaches the 64-bit end.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The last byte is below the first.</exception>
    public static PhysicalRange FromInclusive(ulong first, ulong last) =>
        Between(new PhysicalAddress(first), new PhysicalAddress(last == ulong.MaxValue ? last : last + 1));

    public bool Contains(PhysicalAddress address) => address >= Start && address < End;

    /// <summary>Whether all of <paramref name="other"/> lies in this range. An empty range lies in one that it touches.</summary>
    public bool Contains(PhysicalRange other) => other.Start >= Start && other.End <= End;

    /// <summary>Whether the two share at least one byte.</summary>
    public bool Overlaps(PhysicalRange other) => Start < other.End && other.Start < End && !IsEmpty && !other.IsEmpty;

    /// <summary>The bytes that are in both; null when there are none.</summary>
    public PhysicalRange? Intersect(PhysicalRange other) =>
        Overlaps(other)
            ? Between(PhysicalAddress.Max(Start, other.Start), PhysicalAddress.Min(End, other.End))
            : null;

    /// <summary>The largest range inside this one with both ends aligned; null when there is none.</summary>
    public PhysicalRange? ShrinkTo(ulong alignment)
    {
        PhysicalAddress end = End.AlignDown(alignment);
        return Start.AlignUp(alignment) is { } start && start < end ? Between(start, end) : null;
    }

    /// <summary>The smallest range around this one with both ends aligned; its end is clipped at the 64-bit end.</summary>
    public PhysicalRange GrowTo(ulong alignment) =>
        Between(Start.AlignDown(alignment), End.AlignUp(alignment) ?? new PhysicalAddress(ulong.MaxValue));

    public int CompareTo(PhysicalRange other)
    {
        int byStart = Start.CompareTo(other.Start);
        return byStart != 0 ? byStart : Length.CompareTo(other.Length);
    }

    public static bool operator <(PhysicalRange left, PhysicalRange right) => left.CompareTo(right) < 0;

    public static bool operator >(PhysicalRange left, PhysicalRange right) => left.CompareTo(right) > 0;

    public static bool operator <=(PhysicalRange left, PhysicalRange right) => left.CompareTo(right) <= 0;

    public static bool operator >=(PhysicalRange left, PhysicalRange right) => left.CompareTo(right) >= 0;

    /// <summary>Formats as <c>[0x100000, 0x200000)</c>.</summary>
    public override string ToString() => $"[{Start}, {End})";
}
