namespace Baton.Memory;

/// <summary>A physical address of a machine, in bytes. All arithmetic is checked.</summary>
public readonly record struct PhysicalAddress(ulong Value) : IComparable<PhysicalAddress>
{
    /// <summary>Address zero.</summary>
    public static PhysicalAddress Zero => default;

    /// <summary>The first address above 32 bits.</summary>
    public static PhysicalAddress FourGiB => new(0x1_0000_0000);

    /// <summary>
    /// The end of all physical memory: no address has more than 52 bits (Intel SDM volume 3, section 4.1.4; AMD APM volume 2,
    /// section 5.3; Arm ARM, FEAT_LPA).
    /// </summary>
    public static PhysicalAddress Limit => new(1UL << 52);

    public static PhysicalAddress operator +(PhysicalAddress address, ulong bytes) => new(address.Value + bytes);

    public static PhysicalAddress operator -(PhysicalAddress address, ulong bytes) => new(address.Value - bytes);

    /// <summary>The distance in bytes; the first address must not be the lower one.</summary>
    public static ulong operator -(PhysicalAddress end, PhysicalAddress start) => end.Value - start.Value;

    public static bool operator <(PhysicalAddress left, PhysicalAddress right) => left.Value < right.Value;

    public static bool operator >(PhysicalAddress left, PhysicalAddress right) => left.Value > right.Value;

    public static bool operator <=(PhysicalAddress left, PhysicalAddress right) => left.Value <= right.Value;

    public static bool operator >=(PhysicalAddress left, PhysicalAddress right) => left.Value >= right.Value;

    public static PhysicalAddress Add(PhysicalAddress left, ulong right) => left + right;

    public static PhysicalAddress Subtract(PhysicalAddress left, ulong right) => left - right;

    public static PhysicalAddress Min(PhysicalAddress left, PhysicalAddress right) => left <= right ? left : right;

    public static PhysicalAddress Max(PhysicalAddress left, PhysicalAddress right) => left >= right ? left : right;

    /// <summary>The highest multiple of <paramref name="alignment"/> (a power of two) that is not above this.</summary>
    public PhysicalAddress AlignDown(ulong alignment) => new(Value & ~(CheckedPowerOfTwo(alignment) - 1));

    /// <summary>The lowest multiple of <paramref name="alignment"/> (a power of two) that is not below this.</summary>
    /// <returns>Null when that is not a 64-bit number.</returns>
    public PhysicalAddress? AlignUp(ulong alignment)
    {
        ulong mask = CheckedPowerOfTwo(alignment) - 1;
        return Value > ulong.MaxValue - mask ? null : new PhysicalAddress((Value + mask) & ~mask);
    }

    /// <summary>Whether this is a multiple of <paramref name="alignment"/> (a power of two).</summary>
    public bool IsAligned(ulong alignment) => (Value & (CheckedPowerOfTwo(alignment) - 1)) == 0;

    public int CompareTo(PhysicalAddress other) => Value.CompareTo(other.Value);

    public override string ToString() => $"0x{Value:x}";

    private static ulong CheckedPowerOfTwo(ulong alignment) =>
        ulong.IsPow2(alignment)
            ? alignment
            : throw new ArgumentException($"alignment 0x{alignment:x} is not a power of two", nameof(alignment));
}
