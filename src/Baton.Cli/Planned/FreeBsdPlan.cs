using Baton.Gathers;
using Baton.Handoffs;
using Baton.Proofs;
using Baton.Proofs.X64;
using Baton.Protocols.FreeBsd;
using Baton.Protocols.FreeBsd.Clauses;

namespace Baton.Cli.Planned;

/// <summary>A handoff to a FreeBSD kernel for amd64.</summary>
internal sealed class FreeBsdPlan : IPlannedX64Protocol
{
    private readonly FreeBsdRequest _request;

    private FreeBsdPlan(FreeBsdRequest request)
    {
        _request = request;
        Handoff = FreeBsdPlanner.Plan(request);
    }

    public Handoff Handoff { get; }

    public IReadOnlyList<string> BeyondFileLoad => ["a FreeBSD kernel: it takes only Linux's"];

    public X64ProofMachine ProofMachine => FreeBsdContract.ProofMachine(_request.Machine);

    /// <summary>Plans.</summary>
    /// <exception cref="Bytes.ImageFormatException">The kernel is none that is handed over to, or it breaks a rule.</exception>
    /// <exception cref="Memory.PlacementException">Something finds no place.</exception>
    public static FreeBsdPlan Make(PlanInputs inputs)
    {
        if (inputs.Image.FreeBsd is not { } kernel || inputs.FreeBsd is not { } files)
        {
            throw inputs.Unsupported("a FreeBSD kernel");
        }

        if (inputs.Initrd is not null)
        {
            throw new CommandException(
                ExitCode.Usage, "a FreeBSD kernel takes no --initrd; give its ramdisk as --module FILE:md_image");
        }

        inputs.CheckNoRamdisk(FreeBsdPlanner.Protocol);
        inputs.CheckPlaces(FreeBsdPlanner.Protocol, []);
        return new FreeBsdPlan(files.Request(kernel, inputs.Machine));
    }

    public ProofReport Prove(GatheredHandoff gathered) =>
        GatherProof.Run(gathered, ProofMachine, FreeBsdContract.For(_request));

    public ProofReport Prove() => X64Proof.Run(Handoff, ProofMachine, FreeBsdContract.For(_request));
}
