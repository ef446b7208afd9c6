namespace Baton.Trampolines;

/// <summary>
/// One entry of a global descriptor table (Intel SDM volume 3, section 3.4.5): all of memory, from address 0 on. The
/// accessed bit is set, so that the processor has no reason to write to the table.
/// </summary>
public readonly record struct SegmentDescriptor
{
    private const int LimitHighShift = 48;
    private const int TypeShift = 40;

    private const ulong Accessed = 1UL << TypeShift;
    private const ulong ReadableOrWritable = 1UL << 41;
    private const ulong Executable = 1UL << 43;
    private const ulong CodeOrData = 1UL << 44;
    private const ulong Present = 1UL << 47;
    private const ulong LongMode = 1UL << 53;
    private const ulong Operands32 = 1UL << 54;
    private const ulong LimitInPages = 1UL << 55;

    /// <summary>A limit of 2^20 pages: 4 GiB.</summary>
    private const ulong WholeLimit = 0xFFFF | (0xFUL << LimitHighShift);

    private const ulong Flat = WholeLimit | LimitInPages | Present | CodeOrData | ReadableOrWritable | Accessed;

    private SegmentDescriptor(ulong value) => Value = value;

    /// <summary>The entry that stands for no segment.</summary>
    public static SegmentDescriptor Null => default;

    /// <summary>Code in 64-bit mode, execute and read, privilege 0.</summary>
    public static SegmentDescriptor Code64 => new(Flat | Executable | LongMode);

    /// <summary>Code in 32-bit mode, execute and read, privilege 0.</summary>
    public static SegmentDescriptor Code32 => new(Flat | Executable | Operands32);

    /// <summary>Data, read and write, privilege 0.</summary>
    public static SegmentDescriptor Data => new(Flat | Operands32);

    /// <summary>The entry as the processor reads it, little-endian.</summary>
    public ulong Value { get; }

    public override string ToString() => $"0x{Value:x16}";
}
