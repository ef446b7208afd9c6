namespace Baton.Proofs;

/// <summary>The instruction at which a crossing ended.</summary>
/// <param name="Address">Its linear address.</param>
/// <param name="Bytes">Its bytes and some behind it, for a disassembler.</param>
/// <param name="Bits">The width of the code: 16, 32 or 64.</param>
public sealed record FailedInstruction(ulong Address, ReadOnlyMemory<byte> Bytes, int Bits);

/// <summary>What the proof of a handoff has shown.</summary>
public sealed record ProofReport
{
    /// <summary>The contract's name.</summary>
    public required string Contract { get; init; }

    /// <summary>Every clause: those of the crossing itself first, then the contract's.</summary>
    public required IReadOnlyList<ClauseResult> Clauses { get; init; }

    /// <summary>Instructions from the carrier's jump to the kernel's first one, or to where it ended.</summary>
    public required ulong Instructions { get; init; }

    /// <summary>How often it was run, each time with other garbage in what the carrier does not promise.</summary>
    public required int Runs { get; init; }

    /// <summary>Lines that tell more of a failed crossing: where it was, the page walk, the registers.</summary>
    public required IReadOnlyList<string> Details { get; init; }

    /// <summary>The instruction that could not be carried out; null when the crossing arrived, or nothing was there.</summary>
    public FailedInstruction? FailedAt { get; init; }

    /// <summary>The clauses that do not hold, those that were not reached included.</summary>
    public IEnumerable<ClauseResult> Failed => Clauses.Where(clause => !clause.Holds);

    /// <summary>Whether every clause holds.</summary>
    public bool Holds => Clauses.All(clause => clause.Holds);
}
