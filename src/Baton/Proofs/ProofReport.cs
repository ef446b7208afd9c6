namespace Baton.Proofs;

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

    /// <summary>Lines that tell more of a failed crossing: the instruction, the registers, the page walk.</summary>
    public required IReadOnlyList<string> Details { get; init; }

    /// <summary>The clauses that do not hold, those that were not reached included.</summary>
    public IEnumerable<ClauseResult> Failed => Clauses.Where(clause => !clause.Holds);

    /// <summary>Whether every clause holds.</summary>
    public bool Holds => Clauses.All(clause => clause.Holds);
}
