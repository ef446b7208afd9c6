using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.Arm64;
using Baton.Protocols;
using Baton.Protocols.FreeBsd;
using Baton.Protocols.FreeBsd.Clauses;

namespace Baton.Cli.Planned;

/// <summary>A handoff to a FreeBSD kernel for arm64.</summary>
internal sealed class FreeBsdArm64Plan : IPlannedArm64Protocol
{
    private readonly FreeBsdRequest _request;

    private FreeBsdArm64Plan(FreeBsdRequest request)
    {
        _request = request;
        Handoff = FreeBsdArm64Planner.Plan(request);
    }

    public Handoff Handoff { get; }

    public IReadOnlyList<string> BeyondFileLoad => FreeBsdPlan.NoFileLoad;

    public Arm64ProofMachine ProofMachine => ProofMachines.Arm64(_request.Machine);

    /// <summary>Plans.</summary>
    /// <exception cref="Bytes.ImageFormatException">The kernel is none that is handed over to, or it breaks a rule.</exception>
    /// <exception cref="Memory.PlacementException">Something finds no place.</exception>
    public static FreeBsdArm64Plan Make(PlanInputs inputs) => new(FreeBsdPlan.RequestOf(inputs, FreeBsdArm64Planner.Protocol));

    public IPlannedProtocol? Beside(IEnumerable<PhysicalRange> taken)
    {
        Machine machine = _request.Machine;
        try
        {
            return new FreeBsdArm64Plan(
                _request with { Machine = machine with { Usable = machine.Usable.Subtract(taken) } });
        }
        catch (PlacementException)
        {
            return null;
        }
    }

    public ProofReport Prove() => Arm64Proof.Run(Handoff, ProofMachine, FreeBsdArm64Contract.For(_request));
}
