using Baton.Gathers;
using Baton.Proofs;
using Baton.Proofs.X64;

namespace Baton.Cli.Planned;

/// <summary>A handoff on amd64: one that can be walked through.</summary>
internal interface IPlannedX64Protocol : IPlannedProtocol
{
    /// <summary>The machine as the proof sees it.</summary>
    X64ProofMachine ProofMachine { get; }

    /// <summary>Proves the same handoff as it is carried out from pages that are held.</summary>
    ProofReport Prove(GatheredHandoff gathered);
}
