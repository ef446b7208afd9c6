namespace Baton.Trampolines;

/// <summary>
/// The segments that the next kernel finds. The 64-bit boot protocol demands <c>__BOOT_CS</c> at 0x10 and
/// <c>__BOOT_DS</c> at 0x18, both flat (Documentation/arch/x86/boot.rst); behind them lies the segment through which
/// a trampoline leaves long mode.
/// </summary>
public static class GlobalDescriptorTable
{
    /// <summary>Selector of <c>__BOOT_CS</c>: flat 64-bit code.</summary>
    public const ushort BootCode = 0x10;

    /// <summary>Selector of <c>__BOOT_DS</c>: flat data.</summary>
    public const ushort BootData = 0x18;

    /// <summary>Selector of flat 32-bit code.</summary>
    public const ushort Code32 = 0x20;

    /// <summary>The entries, in the order of their selectors.</summary>
    public static IReadOnlyList<SegmentDescriptor> Entries { get; } =
    [
        SegmentDescriptor.Null,
        SegmentDescriptor.Null,
        SegmentDescriptor.Code64,
        SegmentDescriptor.Data,
        SegmentDescriptor.Code32,
    ];

    /// <summary>The limit that <c>lgdt</c> takes: the table's size in bytes, less one.</summary>
    public static ushort Limit => (ushort)((Entries.Count * sizeof(ulong)) - 1);
}
