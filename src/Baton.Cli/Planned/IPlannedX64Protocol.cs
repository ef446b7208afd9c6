using Baton.Proofs.X64;

namespace Baton.Cli.Planned;

/// <summary>A handoff on amd64: one that can be walked through.</summary>
internal interface IPlannedX64Protocol : IPlannedProtocol
{
    /// <summary>The machine as the proof sees it.</summary>
    X64ProofMachine ProofMachine { get; }
}
