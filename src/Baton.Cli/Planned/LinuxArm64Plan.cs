using Baton.Formats.DeviceTrees;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.Arm64;
using Baton.Protocols;
using Baton.Protocols.LinuxArm64;
using Baton.Protocols.LinuxArm64.Clauses;

namespace Baton.Cli.Planned;

/// <summary>A handoff to a Linux kernel for arm64.</summary>
internal sealed class LinuxArm64Plan : IPlannedArm64Protocol
{
    private readonly LinuxArm64Request _request;

    private LinuxArm64Plan(LinuxArm64Request request, IReadOnlyList<string> beyondFileLoad)
    {
        _request = request;
        BeyondFileLoad = beyondFileLoad;
        Handoff = LinuxArm64Planner.Plan(request);
    }

    public Handoff Handoff { get; }

    public IReadOnlyList<string> BeyondFileLoad { get; }

    public Arm64ProofMachine ProofMachine => ProofMachines.Arm64(_request.Machine);

    /// <summary>Plans.</summary>
    /// <exception cref="Bytes.ImageFormatException">The kernel is none that is handed over to, or it breaks a rule.</exception>
    /// <exception cref="Memory.PlacementException">Something finds no place.</exception>
    public static LinuxArm64Plan Make(PlanInputs inputs)
    {
        if (inputs.Image.Arm64Image is not { } image)
        {
            throw inputs.Unsupported("an arm64 Image, packed or not, a vmlinux, an EFI zboot image, or a UKI with one of these");
        }

        inputs.CheckNoRamdisk(LinuxArm64Planner.Protocol);
        inputs.CheckPlaces(LinuxArm64Planner.Protocol, LinuxArm64Planner.SegmentNames);
        (ReadOnlyMemory<byte> kaslr, ReadOnlyMemory<byte> rng) = LinuxArm64Request.Seeds(inputs.Random);
        LinuxArm64Request request = new()
        {
            Kernel = LinuxArm64Kernel.From(image),
            Initrd = inputs.Initrd ?? EmptyInitrd.For(inputs.Machine),
            CommandLine = inputs.CommandLine,
            Machine = inputs.Machine,
            DeviceTree = inputs.DeviceTree is { } tree ? DeviceTree.BytesOf(tree) : default,
            DeviceTreeName = inputs.DeviceTree?.Name ?? "",
            KaslrSeed = kaslr,
            RngSeed = rng,
            Places = inputs.Places,
        };
        List<string> beyond = [];
        if (inputs.Image.Wrappings.Count > 0)
        {
            beyond.Add($"{inputs.Image.FormatText}: it takes only an Image");
        }

        if (inputs.DeviceTree is not null)
        {
            beyond.Add("a device tree: it takes only the machine's");
        }

        return new LinuxArm64Plan(request, beyond);
    }

    public IPlannedProtocol? Beside(IEnumerable<PhysicalRange> taken)
    {
        Machine machine = _request.Machine;
        try
        {
            return new LinuxArm64Plan(
                _request with { Machine = machine with { Usable = machine.Usable.Subtract(taken) } }, BeyondFileLoad);
        }
        catch (PlacementException)
        {
            return null;
        }
    }

    public ProofReport Prove() => Arm64Proof.Run(Handoff, ProofMachine, LinuxArm64Contract.For(_request, Handoff));
}
