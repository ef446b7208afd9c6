using Baton.Gathers;
using Baton.Handoffs;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.X64;
using Baton.Protocols;
using Baton.Protocols.FreeBsd;
using Baton.Protocols.FreeBsd.Clauses;

namespace Baton.Cli.Planned;

/// <summary>A handoff to a FreeBSD kernel for amd64.</summary>
internal sealed class FreeBsdPlan : IPlannedX64Protocol
{
    /// <summary>What kexec_file_load(2) cannot do for any FreeBSD kernel.</summary>
    internal static readonly IReadOnlyList<string> NoFileLoad = ["a FreeBSD kernel: it takes only Linux's"];

    /// <summary>What is said to somebody who gives it an initrd.</summary>
    internal const string NoInitrd = "a FreeBSD kernel takes no --initrd; give its ramdisk as --module FILE:md_image";

    private readonly FreeBsdRequest _request;

    private FreeBsdPlan(FreeBsdRequest request)
    {
        _request = request;
        Handoff = FreeBsdPlanner.Plan(request);
    }

    public Handoff Handoff { get; }

    public IReadOnlyList<string> BeyondFileLoad => NoFileLoad;

    public X64ProofMachine ProofMachine => ProofMachines.X64(_request.Machine);

    /// <summary>Plans.</summary>
    /// <exception cref="Bytes.ImageFormatException">The kernel is none that is handed over to, or it breaks a rule.</exception>
    /// <exception cref="Memory.PlacementException">Something finds no place.</exception>
    public static FreeBsdPlan Make(PlanInputs inputs) => new(RequestOf(inputs, FreeBsdPlanner.Protocol));

    /// <summary>What to plan, for a kernel of any architecture.</summary>
    /// <exception cref="Bytes.ImageFormatException">The kernel is none that is handed over to, or it breaks a rule.</exception>
    internal static FreeBsdRequest RequestOf(PlanInputs inputs, string protocol)
    {
        if (inputs.Image.FreeBsd is not { } kernel || inputs.FreeBsd is not { } files)
        {
            throw inputs.Unsupported("a FreeBSD kernel");
        }

        if (inputs.Initrd is not null)
        {
            throw new CommandException(ExitCode.Usage, NoInitrd);
        }

        inputs.CheckNoRamdisk(protocol);
        inputs.CheckPlaces(protocol, []);
        return files.Request(kernel, inputs.Machine) with { IsForThisBoot = inputs.IsForThisBoot };
    }

    public IPlannedProtocol? Beside(IEnumerable<PhysicalRange> taken) => null;

    public ProofReport Prove(GatheredHandoff gathered) =>
        GatherProof.Run(gathered, ProofMachine, FreeBsdContract.For(_request));

    public ProofReport Prove() => X64Proof.Run(Handoff, ProofMachine, FreeBsdContract.For(_request));
}
