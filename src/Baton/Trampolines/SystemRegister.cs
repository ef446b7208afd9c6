namespace Baton.Trampolines;

/// <summary>A system register of AArch64 that code here reads or writes.</summary>
public readonly record struct SystemRegister
{
    // Kept as the difference from CurrentEL, so that the default value is a register as well.
    private readonly ushort _difference;

    private SystemRegister(ushort number) => _difference = (ushort)(number ^ 0xc212);

    /// <summary>The exception level, in bits 3 and 2.</summary>
    public static SystemRegister CurrentEl => new(0xc212);

    /// <summary>What is masked: debug exceptions, SError, IRQ, FIQ in bits 9 to 6.</summary>
    public static SystemRegister Daif => new(0xda11);

    /// <summary>Bit 0: the stack pointer of the level itself and not that of EL0.</summary>
    public static SystemRegister SpSel => new(0xc210);

    /// <summary>Sizes of the cache lines: DminLine in bits 19 to 16, in words, as a power of two.</summary>
    public static SystemRegister CtrEl0 => new(0xd801);

    /// <summary>The levels of caches.</summary>
    public static SystemRegister ClidrEl1 => new(0xc801);

    /// <summary>Which processor it is.</summary>
    public static SystemRegister MidrEl1 => new(0xc000);

    /// <summary>Which of the processors it is.</summary>
    public static SystemRegister MpidrEl1 => new(0xc005);

    /// <summary>Switches of EL1: M in bit 0, C in bit 2, I in bit 12.</summary>
    public static SystemRegister SctlrEl1 => new(0xc080);

    /// <summary>Switches of EL2: M in bit 0, C in bit 2, I in bit 12.</summary>
    public static SystemRegister SctlrEl2 => new(0xe080);

    /// <summary>What EL2 takes from EL1.</summary>
    public static SystemRegister HcrEl2 => new(0xe088);

    /// <summary>The translation table of EL1, lower half.</summary>
    public static SystemRegister Ttbr0El1 => new(0xc100);

    /// <summary>The translation table of EL2.</summary>
    public static SystemRegister Ttbr0El2 => new(0xe100);

    /// <summary>How EL1 translates.</summary>
    public static SystemRegister TcrEl1 => new(0xc102);

    /// <summary>How EL2 translates.</summary>
    public static SystemRegister TcrEl2 => new(0xe102);

    /// <summary>Memory attributes of EL1.</summary>
    public static SystemRegister MairEl1 => new(0xc510);

    /// <summary>Memory attributes of EL2.</summary>
    public static SystemRegister MairEl2 => new(0xe510);

    /// <summary>Where exceptions go at EL1.</summary>
    public static SystemRegister VbarEl1 => new(0xc600);

    /// <summary>Where exceptions go at EL2.</summary>
    public static SystemRegister VbarEl2 => new(0xe600);

    /// <summary>What eret restores at EL1.</summary>
    public static SystemRegister SpsrEl1 => new(0xc200);

    /// <summary>Where eret goes from EL1.</summary>
    public static SystemRegister ElrEl1 => new(0xc201);

    /// <summary>What eret restores at EL2.</summary>
    public static SystemRegister SpsrEl2 => new(0xe200);

    /// <summary>Where eret goes from EL2.</summary>
    public static SystemRegister ElrEl2 => new(0xe201);

    /// <summary>Ticks of the timer in a second.</summary>
    public static SystemRegister CntfrqEl0 => new(0xdf00);

    /// <summary>Ticks of the timer.</summary>
    public static SystemRegister CntvctEl0 => new(0xdf02);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<SystemRegister> All { get; } =
    [
        CurrentEl, Daif, SpSel, CtrEl0, ClidrEl1, MidrEl1, MpidrEl1, SctlrEl1, SctlrEl2, HcrEl2, Ttbr0El1, Ttbr0El2, TcrEl1,
        TcrEl2, MairEl1, MairEl2, VbarEl1, VbarEl2, SpsrEl1, ElrEl1, SpsrEl2, ElrEl2, CntfrqEl0, CntvctEl0,
    ];

    /// <summary>op0:op1:CRn:CRm:op2 in 16 bits, as MRS and MSR hold it in bits 20 to 5.</summary>
    public ushort Number => (ushort)(_difference ^ 0xc212);

    /// <summary>Whether it cannot be written.</summary>
    public bool IsReadOnly => Number is 0xc212 or 0xd801 or 0xc801 or 0xc000 or 0xc005 or 0xdf02;

    public override string ToString() => Number switch
    {
        0xda11 => "DAIF",
        0xc210 => "SPSel",
        0xd801 => "CTR_EL0",
        0xc801 => "CLIDR_EL1",
        0xc000 => "MIDR_EL1",
        0xc005 => "MPIDR_EL1",
        0xc080 => "SCTLR_EL1",
        0xe080 => "SCTLR_EL2",
        0xe088 => "HCR_EL2",
        0xc100 => "TTBR0_EL1",
        0xe100 => "TTBR0_EL2",
        0xc102 => "TCR_EL1",
        0xe102 => "TCR_EL2",
        0xc510 => "MAIR_EL1",
        0xe510 => "MAIR_EL2",
        0xc600 => "VBAR_EL1",
        0xe600 => "VBAR_EL2",
        0xc200 => "SPSR_EL1",
        0xc201 => "ELR_EL1",
        0xe200 => "SPSR_EL2",
        0xe201 => "ELR_EL2",
        0xdf00 => "CNTFRQ_EL0",
        0xdf02 => "CNTVCT_EL0",
        _ => "CurrentEL",
    };
}
