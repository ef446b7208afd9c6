using Baton.Formats.BzImage;
using Baton.Formats.Elf;
using Baton.Formats.Pe;
using Baton.Gathers;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.X64;
using Baton.Protocols;
using Baton.Protocols.LinuxX86;
using Baton.Protocols.LinuxX86.Clauses;

namespace Baton.Cli.Planned;

/// <summary>A handoff to a Linux kernel for amd64.</summary>
internal sealed class LinuxX86Plan : IPlannedX64Protocol
{
    /// <summary>Bytes of random numbers that go into SETUP_RNG_SEED.</summary>
    private const int SeedLength = 32;

    private readonly LinuxX86Kernel _kernel;
    private readonly Machine _machine;

    private LinuxX86Plan(LinuxX86Kernel kernel, Machine machine, Handoff handoff, IReadOnlyList<string> beyondFileLoad)
    {
        _kernel = kernel;
        _machine = machine;
        Handoff = handoff;
        BeyondFileLoad = beyondFileLoad;
    }

    public Handoff Handoff { get; }

    public IReadOnlyList<string> BeyondFileLoad { get; }

    /// <summary>The machine as the proof sees it.</summary>
    public X64ProofMachine ProofMachine => ProofMachines.X64(_machine);

    /// <summary>Plans.</summary>
    /// <exception cref="Bytes.ImageFormatException">The kernel is none that is handed over to, or it breaks a rule.</exception>
    /// <exception cref="Memory.PlacementException">Something finds no place.</exception>
    public static LinuxX86Plan Make(PlanInputs inputs)
    {
        LinuxX86Kernel kernel = inputs.Image.Details switch
        {
            _ when inputs.Image.Wrappings.Any(wrapping => wrapping.Details is not UkiFile) => throw Unsupported(),
            BzImageFile bzImage => LinuxX86Kernel.From(bzImage),
            ElfFile elf => LinuxX86Vmlinux.From(elf),
            _ => throw Unsupported(),
        };
        inputs.CheckPlaces("Linux/x86", LinuxX86Planner.SegmentNames);
        Handoff handoff = LinuxX86Planner.Plan(new LinuxX86Request
        {
            Kernel = kernel,
            Initrd = inputs.Initrd,
            Ramdisk = inputs.Ramdisk,
            CommandLine = inputs.CommandLine,
            Machine = inputs.Machine,
            RngSeed = inputs.Random.Length > SeedLength ? inputs.Random[..SeedLength] : inputs.Random,
            Places = inputs.Places,
        });
        List<string> beyond = [];
        if (inputs.Image.Details is ElfFile || inputs.Image.Wrappings.Count > 0)
        {
            beyond.Add($"{inputs.Image.FormatText}: it takes only a bzImage");
        }

        if (inputs.Ramdisk is not null)
        {
            beyond.Add("--ramdisk");
        }

        return new LinuxX86Plan(kernel, inputs.Machine, handoff, beyond);

        Exception Unsupported() => inputs.Unsupported("a bzImage, an amd64 vmlinux, or a UKI with a bzImage");
    }

    public IPlannedProtocol? Beside(IEnumerable<PhysicalRange> taken) => null;

    public ProofReport Prove(GatheredHandoff gathered) =>
        GatherProof.Run(gathered, ProofMachine, LinuxX86Contract.For(_kernel, _machine, Handoff));

    public ProofReport Prove() =>
        X64Proof.Run(Handoff, ProofMachine, LinuxX86Contract.For(_kernel, _machine, Handoff));
}
