namespace Baton.Proofs.X64;

/// <summary>
/// A segment register with its hidden part (Intel SDM volume 3, section 3.4.3): what was read from the descriptor when
/// it was loaded, which stays in force however the table changes.
/// </summary>
/// <param name="Selector">The visible part.</param>
/// <param name="Base">The linear address of the segment's first byte.</param>
/// <param name="Limit">The highest offset, in bytes.</param>
/// <param name="Attributes">
/// Bits 40 to 55 of the descriptor: type (0 to 3), S (4), DPL (5 and 6), P (7), AVL (12), L (13), D/B (14), G (15).
/// </param>
public readonly record struct SegmentState(ushort Selector, ulong Base, uint Limit, ushort Attributes)
{
    private const int LongBit = 1 << 13;
    private const int BigBit = 1 << 14;

    /// <summary>A register that was loaded with a null selector.</summary>
    public static SegmentState Null => default;

    /// <summary>Flat 64-bit code, privilege 0, as a boot loader's table has it.</summary>
    public static SegmentState Code64(ushort selector) => new(selector, 0, uint.MaxValue, 0xA09B);

    /// <summary>Flat 32-bit code, privilege 0.</summary>
    public static SegmentState Code32(ushort selector) => new(selector, 0, uint.MaxValue, 0xC09B);

    /// <summary>Flat data, privilege 0.</summary>
    public static SegmentState Data(ushort selector) => new(selector, 0, uint.MaxValue, 0xC093);

    /// <summary>A segment of real mode: 64 KiB from 16 times the selector.</summary>
    public static SegmentState Real(ushort selector) => new(selector, (ulong)selector << 4, 0xFFFF, 0x0093);

    /// <summary>The descriptor's type field.</summary>
    public int Type => Attributes & 0xF;

    /// <summary>S: whether it is code or data.</summary>
    public bool IsCodeOrData => (Attributes & 0x10) != 0;

    /// <summary>Whether it is code.</summary>
    public bool IsCode => (Attributes & 0x18) == 0x18;

    /// <summary>Whether it is data (or a stack).</summary>
    public bool IsData => (Attributes & 0x18) == 0x10;

    /// <summary>Whether it can be written.</summary>
    public bool IsWritable => (Attributes & 0x1A) == 0x12;

    /// <summary>Whether it can be read.</summary>
    public bool IsReadable => IsData || (Attributes & 0x1A) == 0x1A;

    /// <summary>Data whose offsets are those above the limit.</summary>
    public bool IsExpandDown => (Attributes & 0x1C) == 0x14;

    /// <summary>Code that keeps its caller's privilege.</summary>
    public bool IsConforming => (Attributes & 0x1C) == 0x1C;

    /// <summary>DPL.</summary>
    public int PrivilegeLevel => (Attributes >> 5) & 3;

    /// <summary>P. A register loaded with a null selector is not present.</summary>
    public bool IsPresent => (Attributes & 0x80) != 0;

    /// <summary>L: 64-bit code.</summary>
    public bool IsLong => (Attributes & LongBit) != 0;

    /// <summary>D/B: 32-bit code, or a stack whose pointer is ESP.</summary>
    public bool IsBig => (Attributes & BigBit) != 0;

    public override string ToString() =>
        $"0x{Selector:x4} base 0x{Base:x} limit 0x{Limit:x} attributes 0x{Attributes:x4}";
}

/// <summary>GDTR or IDTR.</summary>
/// <param name="Base">The linear address of the table.</param>
/// <param name="Limit">The offset of its last byte.</param>
public readonly record struct TableRegister(ulong Base, ushort Limit)
{
    public override string ToString() => $"base 0x{Base:x} limit 0x{Limit:x}";
}
