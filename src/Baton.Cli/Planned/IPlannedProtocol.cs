using Baton.Handoffs;
using Baton.Memory;
using Baton.Proofs;

namespace Baton.Cli.Planned;

/// <summary>A handoff by one boot protocol: planned, and ready to be proved.</summary>
internal interface IPlannedProtocol
{
    /// <summary>The plan.</summary>
    Handoff Handoff { get; }

    /// <summary>What of it kexec_file_load(2) cannot honour, in words; empty when it can do all.</summary>
    IReadOnlyList<string> BeyondFileLoad { get; }

    /// <summary>The same handoff beside memory that is spoken for; null when there is no such plan.</summary>
    IPlannedProtocol? Beside(IEnumerable<PhysicalRange> taken);

    /// <summary>Runs the handoff on a simulated processor and judges what the next kernel would find.</summary>
    ProofReport Prove();
}
