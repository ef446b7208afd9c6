namespace Baton.Differential;

/// <summary>Where the host and the guest of the judge meet in the guest's memory; the other half is guest/judge.S.</summary>
internal static class GuestLayout
{
    public const long RamSize = 64 << 20;

    public const long Mailbox = 0x1800000;
    public const int MailboxSize = 128;
    public const int Command = 0;
    public const int Done = 4;
    public const int Count = 8;
    public const int Kind = 12;
    public const int CasesAddress = 16;
    public const int ResultsAddress = 20;
    public const int Current = 24;
    public const int SetBases = 28;
    public const int Cr0 = 32;
    public const int Cr3 = 36;
    public const int Cr4 = 40;
    public const int Efer = 44;
    public const int FsBase = 48;
    public const int GsBase = 56;
    public const int RegionCount = 64;
    public const int Regions = 72;

    public const long Cases = 0x2000000;
    public const long Results = 0x2400000;
    public const int CaseSize = 256;
    public const int ResultSize = 2048;
    public const int MaximumCases = 4096;
    public const int MaximumPatch = 56;
    public const int ChangesOffset = 256;
    public const int MaximumChanges = 224;

    /// <summary>What the guest restores a region from lies so far behind it.</summary>
    public const long ReferenceDistance = 0x200000;

    /// <summary>The descriptor table; of its 0x220 bytes the first half belongs to the cases.</summary>
    public const uint Gdt = 0x1012000;
    public const int GdtLimit = 0x21F;
    public const int GdtOfCases = 0x100;
    public const uint InterruptTable32Size = 32 * 8;

    /// <summary>The tasks in which the guest runs a case.</summary>
    public const ushort CaseTask = 0x118;
    public const ushort LongTask = 0x100;
    public const uint Tasks = 0x1010000;
    public const int TaskSize = 128;

    /// <summary>What a case must not touch: the guest itself, its tables, and what it shares with the host.</summary>
    public const ulong GuestStart = 0x1000000;
    public const ulong GuestEnd = 0x4000000;

    /// <summary>
    /// The upper half of the guest's stack pointer: a return to a 16-bit stack loads only SP, and the rest stays.
    /// </summary>
    public const ulong StackHigh = 0x1010000;

    public const long PageTables = 0x1300000;

    /// <summary>Everything in which a jump may land, filled with INT3.</summary>
    public const long CodeArea = 0x40000;
    public const int CodeAreaSize = 0x10000;
    public const long LowCodeArea = 0x6000;
    public const int LowCodeAreaSize = 0xA000;
    public const long CodePage = 0x48000;

    /// <summary>Pages of data: the only memory that cases write to.</summary>
    public const long LowData = 0x5000;
    public const long FirstData = 0x20000;
    public const long SecondData = 0x2F000;
    public const long Stack = 0x3F000;
    public const int PageSize = 4096;

    /// <summary>What the guest compares and restores after each case.</summary>
    public static IReadOnlyList<(long Address, int Length)> RegionList { get; } =
    [
        (LowData, PageSize),
        (FirstData, PageSize),
        (SecondData, PageSize),
        (Stack, PageSize),
        (CodePage, PageSize),
        (Gdt, GdtOfCases),
    ];
}
