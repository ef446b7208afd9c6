using Baton.Proofs.Arm64;

namespace Baton.Cli.Planned;

/// <summary>A handoff on arm64: one that can be walked through.</summary>
internal interface IPlannedArm64Protocol : IPlannedProtocol
{
    /// <summary>The machine as the proof sees it.</summary>
    Arm64ProofMachine ProofMachine { get; }
}
