using System.Collections.Frozen;

namespace Baton.Proofs.Arm64;

/// <summary>How a system register may be reached.</summary>
internal enum RegisterAccess
{
    /// <summary>MRS and MSR.</summary>
    RW,

    /// <summary>MRS alone.</summary>
    RO,

    /// <summary>MSR alone.</summary>
    WO,
}

/// <summary>A system register.</summary>
/// <param name="Register">Its encoding.</param>
/// <param name="Name">The manual's name.</param>
/// <param name="Level">The lowest exception level that reaches it.</param>
/// <param name="Access">How.</param>
/// <param name="Reset">Its value before anybody writes it. Identification registers say what is simulated: EL2, no floating
/// point, 48 bits of physical address, 4 KiB pages alone, CRC32, LSE atomics, LRCPC, 64-byte cache lines.</param>
internal sealed record SystemRegisterRow(
    Arm64SystemRegister Register, string Name, int Level, RegisterAccess Access, ulong Reset);

/// <summary>The system registers of EL1 and EL2 that boot code touches.</summary>
internal static class Arm64SystemRegisterTable
{
    private const RegisterAccess RW = RegisterAccess.RW;
    private const RegisterAccess RO = RegisterAccess.RO;
    private const RegisterAccess WO = RegisterAccess.WO;

    /// <summary>All of them.</summary>
    public static IReadOnlyList<SystemRegisterRow> Rows { get; } =
    [
        new(Arm64SystemRegister.MidrEl1, "MIDR_EL1", 1, RO, 0x000f0000),
        new(Arm64SystemRegister.MpidrEl1, "MPIDR_EL1", 1, RO, 0x80000000),
        new(Arm64SystemRegister.RevidrEl1, "REVIDR_EL1", 1, RO, 0),
        new(Arm64SystemRegister.IdPfr0El1, "ID_PFR0_EL1", 1, RO, 0),
        new(Arm64SystemRegister.IdPfr1El1, "ID_PFR1_EL1", 1, RO, 0),
        new(Arm64SystemRegister.IdDfr0El1, "ID_DFR0_EL1", 1, RO, 0),
        new(Arm64SystemRegister.IdMmfr0El1, "ID_MMFR0_EL1", 1, RO, 0),
        new(Arm64SystemRegister.IdAA64pfr0El1, "ID_AA64PFR0_EL1", 1, RO, 0x00ff0111),
        new(Arm64SystemRegister.IdAA64pfr1El1, "ID_AA64PFR1_EL1", 1, RO, 0),
        new(Arm64SystemRegister.IdAA64pfr2El1, "ID_AA64PFR2_EL1", 1, RO, 0),
        new(Arm64SystemRegister.IdAA64zfr0El1, "ID_AA64ZFR0_EL1", 1, RO, 0),
        new(Arm64SystemRegister.IdAA64smfr0El1, "ID_AA64SMFR0_EL1", 1, RO, 0),
        new(Arm64SystemRegister.IdAA64dfr0El1, "ID_AA64DFR0_EL1", 1, RO, 6),
        new(Arm64SystemRegister.IdAA64dfr1El1, "ID_AA64DFR1_EL1", 1, RO, 0),
        new(Arm64SystemRegister.IdAA64afr0El1, "ID_AA64AFR0_EL1", 1, RO, 0),
        new(Arm64SystemRegister.IdAA64afr1El1, "ID_AA64AFR1_EL1", 1, RO, 0),
        new(Arm64SystemRegister.IdAA64isar0El1, "ID_AA64ISAR0_EL1", 1, RO, 0x0020000000210000),
        new(Arm64SystemRegister.IdAA64isar1El1, "ID_AA64ISAR1_EL1", 1, RO, 0x0000001000200000),
        new(Arm64SystemRegister.IdAA64isar2El1, "ID_AA64ISAR2_EL1", 1, RO, 0),
        new(Arm64SystemRegister.IdAA64isar3El1, "ID_AA64ISAR3_EL1", 1, RO, 0),
        new(Arm64SystemRegister.IdAA64mmfr0El1, "ID_AA64MMFR0_EL1", 1, RO, 0x0f000025),
        new(Arm64SystemRegister.IdAA64mmfr1El1, "ID_AA64MMFR1_EL1", 1, RO, 0x00101100),
        new(Arm64SystemRegister.IdAA64mmfr2El1, "ID_AA64MMFR2_EL1", 1, RO, 0),
        new(Arm64SystemRegister.IdAA64mmfr3El1, "ID_AA64MMFR3_EL1", 1, RO, 0),
        new(Arm64SystemRegister.IdAA64mmfr4El1, "ID_AA64MMFR4_EL1", 1, RO, 0),
        new(Arm64SystemRegister.CcsidrEl1, "CCSIDR_EL1", 1, RO, 0),
        new(Arm64SystemRegister.ClidrEl1, "CLIDR_EL1", 1, RO, 0x09200003),
        new(Arm64SystemRegister.AidrEl1, "AIDR_EL1", 1, RO, 0),
        new(Arm64SystemRegister.CsselrEl1, "CSSELR_EL1", 1, RW, 0),
        new(Arm64SystemRegister.CtrEl0, "CTR_EL0", 0, RO, 0x8444c004),
        new(Arm64SystemRegister.DczidEl0, "DCZID_EL0", 0, RO, 4),
        new(Arm64SystemRegister.VpidrEl2, "VPIDR_EL2", 2, RW, 0x000f0000),
        new(Arm64SystemRegister.VmpidrEl2, "VMPIDR_EL2", 2, RW, 0x80000000),
        new(Arm64SystemRegister.SctlrEl1, "SCTLR_EL1", 1, RW, 0x30d00800),
        new(Arm64SystemRegister.ActlrEl1, "ACTLR_EL1", 1, RW, 0),
        new(Arm64SystemRegister.CpacrEl1, "CPACR_EL1", 1, RW, 0),
        new(Arm64SystemRegister.SctlrEl2, "SCTLR_EL2", 2, RW, 0x30c50830),
        new(Arm64SystemRegister.ActlrEl2, "ACTLR_EL2", 2, RW, 0),
        new(Arm64SystemRegister.HcrEl2, "HCR_EL2", 2, RW, 0),
        new(Arm64SystemRegister.MdcrEl2, "MDCR_EL2", 2, RW, 0),
        new(Arm64SystemRegister.CptrEl2, "CPTR_EL2", 2, RW, 0x33ff),
        new(Arm64SystemRegister.HstrEl2, "HSTR_EL2", 2, RW, 0),
        new(Arm64SystemRegister.HacrEl2, "HACR_EL2", 2, RW, 0),
        new(Arm64SystemRegister.HcrxEl2, "HCRX_EL2", 2, RW, 0),
        new(Arm64SystemRegister.Ttbr0El1, "TTBR0_EL1", 1, RW, 0),
        new(Arm64SystemRegister.Ttbr1El1, "TTBR1_EL1", 1, RW, 0),
        new(Arm64SystemRegister.TcrEl1, "TCR_EL1", 1, RW, 0),
        new(Arm64SystemRegister.Ttbr0El2, "TTBR0_EL2", 2, RW, 0),
        new(Arm64SystemRegister.Ttbr1El2, "TTBR1_EL2", 2, RW, 0),
        new(Arm64SystemRegister.TcrEl2, "TCR_EL2", 2, RW, 0x80800000),
        new(Arm64SystemRegister.VttbrEl2, "VTTBR_EL2", 2, RW, 0),
        new(Arm64SystemRegister.VtcrEl2, "VTCR_EL2", 2, RW, 0x80000000),
        new(Arm64SystemRegister.Dacr32El2, "DACR32_EL2", 2, RW, 0),
        new(Arm64SystemRegister.SpsrEl1, "SPSR_EL1", 1, RW, 0),
        new(Arm64SystemRegister.ElrEl1, "ELR_EL1", 1, RW, 0),
        new(Arm64SystemRegister.SpEl0, "SP_EL0", 1, RW, 0),
        new(Arm64SystemRegister.SPSel, "SPSel", 1, RW, 0),
        new(Arm64SystemRegister.CurrentEL, "CurrentEL", 1, RO, 0),
        new(Arm64SystemRegister.Pan, "PAN", 1, RW, 0),
        new(Arm64SystemRegister.Uao, "UAO", 1, RW, 0),
        new(Arm64SystemRegister.IccPmrEl1, "ICC_PMR_EL1", 1, RW, 0),
        new(Arm64SystemRegister.Nzcv, "NZCV", 0, RW, 0),
        new(Arm64SystemRegister.Daif, "DAIF", 0, RW, 0),
        new(Arm64SystemRegister.Dit, "DIT", 0, RW, 0),
        new(Arm64SystemRegister.Ssbs, "SSBS", 0, RW, 0),
        new(Arm64SystemRegister.SpsrEl2, "SPSR_EL2", 2, RW, 0),
        new(Arm64SystemRegister.ElrEl2, "ELR_EL2", 2, RW, 0),
        new(Arm64SystemRegister.SpEl1, "SP_EL1", 2, RW, 0),
        new(Arm64SystemRegister.Afsr0El1, "AFSR0_EL1", 1, RW, 0),
        new(Arm64SystemRegister.Afsr1El1, "AFSR1_EL1", 1, RW, 0),
        new(Arm64SystemRegister.EsrEl1, "ESR_EL1", 1, RW, 0),
        new(Arm64SystemRegister.Afsr0El2, "AFSR0_EL2", 2, RW, 0),
        new(Arm64SystemRegister.Afsr1El2, "AFSR1_EL2", 2, RW, 0),
        new(Arm64SystemRegister.EsrEl2, "ESR_EL2", 2, RW, 0),
        new(Arm64SystemRegister.FarEl1, "FAR_EL1", 1, RW, 0),
        new(Arm64SystemRegister.FarEl2, "FAR_EL2", 2, RW, 0),
        new(Arm64SystemRegister.HpfarEl2, "HPFAR_EL2", 2, RW, 0),
        new(Arm64SystemRegister.ParEl1, "PAR_EL1", 1, RW, 0),
        new(Arm64SystemRegister.PmintenclrEl1, "PMINTENCLR_EL1", 1, RW, 0),
        new(Arm64SystemRegister.PmcrEl0, "PMCR_EL0", 0, RW, 0),
        new(Arm64SystemRegister.PmcntenclrEl0, "PMCNTENCLR_EL0", 0, RW, 0),
        new(Arm64SystemRegister.PmovsclrEl0, "PMOVSCLR_EL0", 0, RW, 0),
        new(Arm64SystemRegister.PmuserenrEl0, "PMUSERENR_EL0", 0, RW, 0),
        new(Arm64SystemRegister.MairEl1, "MAIR_EL1", 1, RW, 0),
        new(Arm64SystemRegister.AmairEl1, "AMAIR_EL1", 1, RW, 0),
        new(Arm64SystemRegister.MairEl2, "MAIR_EL2", 2, RW, 0),
        new(Arm64SystemRegister.AmairEl2, "AMAIR_EL2", 2, RW, 0),
        new(Arm64SystemRegister.VbarEl1, "VBAR_EL1", 1, RW, 0),
        new(Arm64SystemRegister.IsrEl1, "ISR_EL1", 1, RO, 0),
        new(Arm64SystemRegister.IccSreEl1, "ICC_SRE_EL1", 1, RW, 7),
        new(Arm64SystemRegister.IccIgrpen0El1, "ICC_IGRPEN0_EL1", 1, RW, 0),
        new(Arm64SystemRegister.IccIgrpen1El1, "ICC_IGRPEN1_EL1", 1, RW, 0),
        new(Arm64SystemRegister.VbarEl2, "VBAR_EL2", 2, RW, 0),
        new(Arm64SystemRegister.IccSreEl2, "ICC_SRE_EL2", 2, RW, 0xf),
        new(Arm64SystemRegister.IchHcrEl2, "ICH_HCR_EL2", 2, RW, 0),
        new(Arm64SystemRegister.ContextidrEl1, "CONTEXTIDR_EL1", 1, RW, 0),
        new(Arm64SystemRegister.TpidrEl1, "TPIDR_EL1", 1, RW, 0),
        new(Arm64SystemRegister.TpidrEl0, "TPIDR_EL0", 0, RW, 0),
        new(Arm64SystemRegister.TpidrroEl0, "TPIDRRO_EL0", 0, RW, 0),
        new(Arm64SystemRegister.ContextidrEl2, "CONTEXTIDR_EL2", 2, RW, 0),
        new(Arm64SystemRegister.TpidrEl2, "TPIDR_EL2", 2, RW, 0),
        new(Arm64SystemRegister.CntkctlEl1, "CNTKCTL_EL1", 1, RW, 0),
        new(Arm64SystemRegister.CntfrqEl0, "CNTFRQ_EL0", 0, RW, 62500000),
        new(Arm64SystemRegister.CntpctEl0, "CNTPCT_EL0", 0, RO, 0),
        new(Arm64SystemRegister.CntvctEl0, "CNTVCT_EL0", 0, RO, 0),
        new(Arm64SystemRegister.CntpTvalEl0, "CNTP_TVAL_EL0", 0, RW, 0),
        new(Arm64SystemRegister.CntpCtlEl0, "CNTP_CTL_EL0", 0, RW, 0),
        new(Arm64SystemRegister.CntpCvalEl0, "CNTP_CVAL_EL0", 0, RW, 0),
        new(Arm64SystemRegister.CntvTvalEl0, "CNTV_TVAL_EL0", 0, RW, 0),
        new(Arm64SystemRegister.CntvCtlEl0, "CNTV_CTL_EL0", 0, RW, 0),
        new(Arm64SystemRegister.CntvCvalEl0, "CNTV_CVAL_EL0", 0, RW, 0),
        new(Arm64SystemRegister.CntvoffEl2, "CNTVOFF_EL2", 2, RW, 0),
        new(Arm64SystemRegister.CnthctlEl2, "CNTHCTL_EL2", 2, RW, 0),
        new(Arm64SystemRegister.CnthpTvalEl2, "CNTHP_TVAL_EL2", 2, RW, 0),
        new(Arm64SystemRegister.CnthpCtlEl2, "CNTHP_CTL_EL2", 2, RW, 0),
        new(Arm64SystemRegister.CnthpCvalEl2, "CNTHP_CVAL_EL2", 2, RW, 0),
        new(Arm64SystemRegister.MdccintEl1, "MDCCINT_EL1", 1, RW, 0),
        new(Arm64SystemRegister.MdscrEl1, "MDSCR_EL1", 1, RW, 0),
        new(Arm64SystemRegister.OslarEl1, "OSLAR_EL1", 1, WO, 0),
        new(Arm64SystemRegister.OslsrEl1, "OSLSR_EL1", 1, RO, 8),
        new(Arm64SystemRegister.OsdlrEl1, "OSDLR_EL1", 1, RW, 0),
    ];

    private static readonly FrozenDictionary<int, SystemRegisterRow> ByEncoding =
        Rows.ToFrozenDictionary(row => (int)row.Register);

    private static readonly FrozenDictionary<string, SystemRegisterRow> ByName =
        Rows.ToFrozenDictionary(row => row.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>The register with an encoding, or null.</summary>
    public static SystemRegisterRow? Find(int encoding) => ByEncoding.GetValueOrDefault(encoding);

    /// <summary>The register with a name, or null.</summary>
    public static SystemRegisterRow? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>The manual's name, or its spelling of a register without one: S3_0_C15_C2_0.</summary>
    public static string NameOf(int encoding) => Find(encoding)?.Name
        ?? $"S{encoding >> 14}_{(encoding >> 11) & 7}_C{(encoding >> 7) & 15}_C{(encoding >> 3) & 15}_{encoding & 7}";
}
