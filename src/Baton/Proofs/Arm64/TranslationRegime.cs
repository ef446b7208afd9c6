namespace Baton.Proofs.Arm64;

/// <summary>
/// What the system registers of an exception level say about addresses and caches, taken apart once and used until one of
/// them changes.
/// </summary>
internal sealed record TranslationRegime
{
    /// <summary>1 or 2.</summary>
    public required int Level { get; init; }

    /// <summary>SCTLR.M.</summary>
    public required bool IsOn { get; init; }

    /// <summary>SCTLR.C: whether data may be held in the cache at all.</summary>
    public required bool DataCache { get; init; }

    /// <summary>SCTLR.I.</summary>
    public required bool InstructionCache { get; init; }

    /// <summary>SCTLR.A.</summary>
    public required bool ChecksAlignment { get; init; }

    /// <summary>SCTLR.SA.</summary>
    public required bool ChecksStack { get; init; }

    /// <summary>SCTLR.WXN.</summary>
    public required bool WritableIsNotExecutable { get; init; }

    /// <summary>Whether there is an upper half with tables of its own.</summary>
    public required bool HasUpperHalf { get; init; }

    /// <summary>TTBR0 and TTBR1.</summary>
    public required ulong LowerTable { get; init; }

    public required ulong UpperTable { get; init; }

    public required ulong Tcr { get; init; }

    public required ulong Mair { get; init; }

    /// <summary>PSTATE.PAN.</summary>
    public required bool PrivilegedAccessNever { get; init; }

    /// <summary>Whether data is accessed with the rights of EL0 (LDTR and STTR).</summary>
    public bool IsUnprivileged { get; init; }

    /// <summary>Bits of the physical addresses that the tables may hold (TCR.IPS or TCR.PS).</summary>
    public int OutputBits => ((Tcr >> (HasUpperHalf ? 32 : 16)) & 7) switch
    {
        0 => 32,
        1 => 36,
        2 => 40,
        3 => 42,
        4 => 44,
        _ => 48,
    };

    /// <summary>Whether the top byte of an address is ignored.</summary>
    public bool IgnoresTopByte(bool isUpper) => (Tcr >> (!HasUpperHalf ? 20 : isUpper ? 38 : 37) & 1) != 0;
}
