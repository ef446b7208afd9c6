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
        new("EL1, MMU off", 1, false, Res1El1 | Stack, 0, 25),
        new("EL1, MMU on, 48 and 39 bits, TBI1", 1, true, Res1El1 | Mmu | Caches | Stack, Tcr1(16, 25, 2), 35),
        new("EL1, MMU on, 31 and 48 bits, TBI0, alignment checked", 1, true,
            Res1El1 | Mmu | Caches | Alignment | Stack, Tcr1(33, 16, 1), 15),
        new("EL2, MMU off", 2, false, Res1El2 | Stack, 0, 10),
        new("EL2, MMU on, 42 bits, SP not checked", 2, true,
            (Res1El2 | Mmu | Caches) & ~Stack, 0x8080_0000 | (2UL << 16) | 0x3500 | 22, 15),
    ];

    /// <summary>Input bits of the lower half.</summary>
    public int LowerBits => 64 - (int)(Tcr & 0x3f);

    /// <summary>Input bits of the upper half; 0 where there is none.</summary>
    public int UpperBits => Level == 1 && IsMmuOn ? 64 - (int)(Tcr >> 16 & 0x3f) : 0;

    private static ulong Tcr1(ulong t0sz, ulong t1sz, ulong tbi) =>
        t0sz | 0x3500 | (t1sz << 16) | (0x35UL << 24) | (2UL << 30) | (2UL << 32) | (tbi << 37);
}
