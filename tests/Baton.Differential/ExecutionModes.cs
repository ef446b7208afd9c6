using static Baton.Differential.GuestLayout;

namespace Baton.Differential;

/// <summary>The modes in which instructions are judged.</summary>
public static class ExecutionModes
{
    private const uint Paged = 0x80010011;
    private const uint PageSizeExtensions = 1 << 4;
    private const uint PhysicalAddressExtension = 1 << 5;
    private const uint FivePagingLevels = 1 << 12;
    private const uint LongModeEnable = 1 << 8;
    private const uint NoExecuteEnable = 1 << 11;

    private static readonly Window StackWindow = new((ulong)GuestLayout.Stack, GuestLayout.Stack, PageSize);

    private static readonly Window[] LowWindows =
    [
        new((ulong)LowData, LowData, PageSize),
        new((ulong)FirstData, FirstData, PageSize),
        new((ulong)SecondData, SecondData, PageSize),
    ];

    private static readonly Window[] HighWindows =
    [
        new(PageTables.Data, FirstData, PageSize),
        new(PageTables.Data + PageSize, SecondData, PageSize),
        new(PageTables.Data + (2 * PageSize), FirstData, PageSize, Writable: false),
        new(PageTables.NearData32, FirstData, PageSize),
        new(PageTables.NearData32 + PageSize, SecondData, PageSize),
    ];

    private static readonly Window[] CanonicalWindows =
    [
        new(PageTables.CanonicalEdge, FirstData, PageSize),
        new(PageTables.CanonicalEdge + PageSize, SecondData, PageSize),
        new(PageTables.NearData64, FirstData, PageSize),
        new(PageTables.NearData64 + PageSize, SecondData, PageSize),
    ];

    private static readonly Window HighStack = new(PageTables.Stack, GuestLayout.Stack, PageSize);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ExecutionMode> All { get; } =
    [
        new()
        {
            Name = "real",
            Kind = EntryKind.RealMode,
            Bits = 16,
            Cr0 = 0x10,
            Selectors = [0x4000, 0x3000, 0x2000, 0x2000, 0x1F80, 0x0500],
            CodeBases = [(ulong)CodeArea],
            Windows = LowWindows,
            Stack = StackWindow,
        },
        new()
        {
            Name = "protected16",
            Kind = EntryKind.ProtectedMode,
            Bits = 16,
            Selectors = [0x20, 0x30, 0x28, 0x28, 0x38, 0x10],
            CodeBases = [(ulong)CodeArea],
            Windows = LowWindows,
            Stack = StackWindow,
        },
        Protected32("protected32", 0x11, 0, 0, 0),
        Protected32("protected32-paged", Paged, PageTables.Root32, PageSizeExtensions, 0),
        Protected32("protected32-pae", Paged, PageTables.RootPae, PhysicalAddressExtension, NoExecuteEnable),
        Long("compatibility16", 16, PageTables.Root64, 0) with
        {
            Selectors = [0x20, 0x30, 0x28, 0x28, 0x38, 0x10],
            CodeBases = [(ulong)CodeArea],
            Windows = LowWindows,
            Stack = StackWindow,
        },
        Long("compatibility32", 32, PageTables.Root64, 0) with
        {
            Selectors = [0x08, 0x10, 0x10, 0x10, 0x38, 0x40],
            CodeBases = [PageTables.Code32, (ulong)CodeArea],
            Windows = [.. HighWindows, .. LowWindows],
        },
        Long("long64", 64, PageTables.Root64, 0),
        Long("long64-la57", 64, PageTables.Root57, FivePagingLevels),
    ];

    private static ExecutionMode Protected32(string name, uint cr0, uint cr3, uint cr4, uint efer) => new()
    {
        Name = name,
        Kind = EntryKind.ProtectedMode,
        Bits = 32,
        Cr0 = cr0,
        Cr3 = cr3,
        Cr4 = cr4,
        Efer = efer,
        Selectors = [0x08, 0x10, 0x10, 0x10, 0x38, 0x40],
        CodeBases = cr3 == 0 ? [(ulong)CodeArea] : [PageTables.Code32, (ulong)CodeArea],
        Windows = cr3 == 0 ? LowWindows : [.. HighWindows, .. LowWindows],
        Stack = cr3 == 0 ? StackWindow : HighStack,
    };

    private static ExecutionMode Long(string name, int bits, uint cr3, uint cr4) => new()
    {
        Name = name,
        Kind = EntryKind.LongMode,
        Bits = bits,
        Cr0 = Paged,
        Cr3 = cr3,
        Cr4 = PhysicalAddressExtension | cr4,
        Efer = LongModeEnable | NoExecuteEnable,
        Selectors = [0x18, 0x10, 0x10, 0x10, 0x10, 0x10],
        LongBases = bits == 64 ? (0x00007FFFFFFF0000, 0xFFFFFFFF80000000) : null,
        CodeBases = [PageTables.Code64, PageTables.Code32, (ulong)CodeArea],
        Windows = [.. CanonicalWindows, .. HighWindows, .. LowWindows],
        Stack = HighStack,
    };
}
