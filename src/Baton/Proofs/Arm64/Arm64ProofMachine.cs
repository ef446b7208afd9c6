using Baton.Memory;

namespace Baton.Proofs.Arm64;

/// <summary>What a proof must know of the machine on which the handoff will happen.</summary>
public sealed record Arm64ProofMachine
{
    /// <summary>Where there is memory that code may read and write.</summary>
    public required RangeSet Memory { get; init; }

    /// <summary>
    /// The exception levels at which kexec may jump: the one of the firmware's start, 1 or 2; both where it is not known.
    /// </summary>
    public IReadOnlyList<int> ExceptionLevels { get; init; } = [1, 2];
}
