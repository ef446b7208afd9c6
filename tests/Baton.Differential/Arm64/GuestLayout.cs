namespace Baton.Differential.Arm64;

/// <summary>Where things are in the guest's memory, physical addresses; guest.S has the same numbers.</summary>
internal static class GuestLayout
{
    /// <summary>The first byte of RAM of QEMU's virt machine, and of the file that holds it.</summary>
    public const ulong Ram = 0x4000_0000;
    public const long RamSize = 64L << 20;

    /// <summary>The page through which host and guest talk.</summary>
    public const ulong Control = 0x4010_0000;
    public const int Command = 0;
    public const int Count = 8;
    public const int Index = 16;
    public const int Sctlr = 24;
    public const int Tcr = 32;
    public const int Mair = 40;
    public const int Ttbr0 = 48;
    public const int Ttbr1 = 56;
    public const int Ready = 64;
    public const int Hcr = 72;

    /// <summary>Translation tables.</summary>
    public const ulong Tables = 0x4011_0000;
    public const int TablesSize = 0x10_000;

    /// <summary>One record a case: what to load, and what came of it.</summary>
    public const ulong Cases = 0x4020_0000;
    public const int CaseSize = 1024;
    public const int CasesInBatch = 8192;
    public const int InSp = 248;
    public const int InSpsr = 256;
    public const int InStart = 264;
    public const int InWords = 272;
    public const int InSlot = 280;
    public const int Out = 512;

    /// <summary>x0 to x30, SP, SPSR, ELR, ESR, FAR.</summary>
    public const int Results = 36;

    /// <summary>The data that cases read and write: a window a case, all in one run.</summary>
    public const ulong Windows = 0x40e0_0000;
    public const int WindowsSize = 2 << 20;
    public const int WindowSize = WindowsSize / CasesInBatch;

    /// <summary>The instructions: a slot a case, filled with <see cref="Filler"/>.</summary>
    public const ulong Code = 0x4100_0000;
    public const int CodeSize = 0x8_0000;
    public const int SlotSize = CodeSize / CasesInBatch;
    public const int FirstWordInSlot = 28;
    public const int WordInSlot = 32;

    /// <summary>BRK #0x55.</summary>
    public const uint Filler = 0xd420_0aa0;
}
