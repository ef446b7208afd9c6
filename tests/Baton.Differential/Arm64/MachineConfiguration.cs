namespace Baton.Differential.Arm64;

/// <summary>One way of setting the machine up: a run of QEMU each.</summary>
/// <param name="Name">For reports.</param>
/// <param name="Level">1 or 2.</param>
/// <param name="IsMmuOn">Whether addresses are translated.</param>
/// <param name="Sctlr">SCTLR_EL1 or SCTLR_EL2.</param>
/// <param name="Tcr">TCR_EL1 or TCR_EL2.</param>
/// <param name="Share">How many of a hundred cases run here.</param>
internal sealed record MachineConfiguration(string Name, int Level, bool IsMmuOn, ulong Sctlr, ulong Tcr, int Share)
{
    /// <summary>HCR_EL2: RW, TGE and E2H.</summary>
    private const ulong Host = (1UL << 31) | (1UL << 27) | (1UL << 34);

    private const ulong UpperOff = 1UL << 23;
    private const ulong HierarchyOff = 1UL << 41;

    private const ulong Res1El1 = 0x30d0_0800;
    private const ulong Res1El2 = 0x30c5_0830;
    private const ulong Mmu = 1;
    private const ulong Alignment = 2;
    private const ulong Caches = 0x1004;
    private const ulong Stack = 8;

    /// <summary>MAIR: write-back, device nGnRnE, non-cacheable.</summary>
    public const ulong Mair = 0x44_00ff;

    /// <summary>All of them. Physical addresses have 40 bits, so that there are descriptors above.</summary>
    public static IReadOnlyList<MachineConfiguration> All { get; } =
    [
        new("EL1, MMU off", 1, false, Res1El1 | Stack, 0, 20),
        new("EL1, MMU on, 48 and 39 bits, TBI1", 1, true, Res1El1 | Mmu | Caches | Stack, Tcr1(16, 25, 2), 25),
        new("EL1, MMU on, 31 and 48 bits, TBI0, alignment checked", 1, true,
            Res1El1 | Mmu | Caches | Alignment | Stack, Tcr1(33, 16, 1), 15),
        new("EL1, MMU on, 39 and 40 bits, EPD1, HPD0", 1, true,
            Res1El1 | Mmu | Caches | Stack, Tcr1(25, 24, 0) | UpperOff | HierarchyOff, 10),
        new("EL2, MMU off", 2, false, Res1El2 | Stack, 0, 10),
        new("EL2, MMU on, 42 bits, SP not checked", 2, true,
            (Res1El2 | Mmu | Caches) & ~Stack, 0x8080_0000 | (2UL << 16) | 0x3500 | 22, 10),
        new("EL2 of a host (E2H), MMU on, 39 and 39 bits", 2, true,
            Res1El1 | Mmu | Caches | Stack, Tcr1(25, 25, 3), 10) { Hcr = Host },
    ];

    /// <summary>HCR_EL2.</summary>
    public ulong Hcr { get; init; }

    /// <summary>Whether the tables have EL1's form: rights of EL0, and two halves.</summary>
    public bool HasTwoHalves => Level == 1 || Hcr != 0;

    /// <summary>Input bits of the lower half.</summary>
    public int LowerBits => 64 - (int)(Tcr & 0x3f);

    /// <summary>Input bits of the upper half; 0 where there is none.</summary>
    public int UpperBits => HasTwoHalves && IsMmuOn ? 64 - (int)(Tcr >> 16 & 0x3f) : 0;

    private static ulong Tcr1(ulong t0sz, ulong t1sz, ulong tbi) =>
        t0sz | 0x3500 | (t1sz << 16) | (0x35UL << 24) | (2UL << 30) | (2UL << 32) | (tbi << 37);
}
