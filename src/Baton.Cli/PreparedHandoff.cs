using Baton.Cli.Planned;
using Baton.Formats;
using Baton.Gathers;
using Baton.Handoffs;
using Baton.Linux;
using Baton.Linux.Gathers;
using Baton.Machines;
using Baton.Memory;
using Baton.Proofs;
using Baton.Protocols.Linux;
using Baton.Reports;

namespace Baton.Cli;

/// <summary>
/// A handoff that is ready to be shown or carried out: files open, command line put together, carrier chosen, plan
/// made, preflight done. Nothing of the machine has been changed.
/// </summary>
internal sealed class PreparedHandoff : IDisposable
{
    /// <summary>The id of the note that to gather the image would be better, which is not done.</summary>
    public const string NotGathered = "gather";

    private readonly PinMethod? _pin;
    private PartsInPlace? _inPlace;
    private string _commandLine = "";

    private PreparedHandoff(HandoffRequest request, Machine machine, HandoffInputs inputs)
    {
        Machine = machine;
        Inputs = inputs;
        _pin = request.Pin;
        IsFed = request.IsFed || inputs.HasStreams;
        Findings.AddRange(inputs.Findings);
    }

    public Machine Machine { get; }

    /// <summary>What it is made of.</summary>
    public HandoffInputs Inputs { get; }

    public KernelImage Image => Inputs.Image;

    /// <summary>The plan, by the protocol of the kernel.</summary>
    public IPlannedProtocol Planned { get; private set; } = null!;

    public Handoff Handoff => Planned.Handoff;

    public CarrierDecision Carrier { get; private set; } = null!;

    /// <summary>The nextboot.conf of a FreeBSD root, which holds for this boot alone; null when none is in force.</summary>
    public string? NextBoot => Inputs.FreeBsd?.NextBoot;

    /// <summary>Whether large segments are fed to kexec_load(2) piece by piece.</summary>
    public bool IsFed { get; }

    /// <summary>What need not be copied if the image is gathered; looked for when it is asked for.</summary>
    public PartsInPlace InPlace => _inPlace ??= PartsInPlace.Of(Handoff, _pin);

    /// <summary>Bytes of the image that take no more memory if it is gathered: they streamed in, or lie in memory.</summary>
    public ulong HeldBytes => Inputs.StreamedBytes + InPlace.HeldBytes;

    /// <summary>The plan's findings and the preflight's.</summary>
    public List<Finding> Findings { get; } = [];

    /// <summary>Does everything up to the system call.</summary>
    /// <param name="request">What the user asked for.</param>
    /// <param name="machine">The machine that hands over.</param>
    /// <param name="rngSeed">Random bytes for the next kernel; may be empty.</param>
    /// <exception cref="CommandException">Too little is known of the machine.</exception>
    public static PreparedHandoff Prepare(HandoffRequest request, Machine machine, ReadOnlyMemory<byte> rngSeed)
    {
        if (machine.Findings.FirstOrDefault(finding => finding.Severity == Severity.Error) is { } obstacle)
        {
            int exitCode = obstacle.Id == MachineReader.NoRunningMemory ? ExitCode.NoPermission : ExitCode.Unavailable;
            throw new CommandException(exitCode, obstacle.Text);
        }

        PreparedHandoff prepared = new(request, machine, HandoffInputs.Open(request));
        try
        {
            prepared.Plan(request, rngSeed);
            prepared.Check(request);
            return prepared;
        }
        catch
        {
            prepared.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Runs the handoff on a simulated processor and judges what the next kernel would find. One that is gathered is run from
    /// pages of which it is only supposed where they lie.
    /// </summary>
    /// <exception cref="PlacementException">The image is too large, or a list of such pages finds no place.</exception>
    public ProofReport Prove() => Carrier.Carrier == Machines.Carrier.Gather && Planned is IPlannedX64Protocol planned
        ? planned.Prove(GatherCarrier.PlanOn(Machine, Handoff, SupposedPages.Of(Handoff, Machine.Usable)))
        : Planned.Prove();

    public void Dispose() => Inputs.Dispose();

    private void Plan(HandoffRequest request, ReadOnlyMemory<byte> rngSeed)
    {
        _commandLine = Inputs.FreeBsd is null ? ComposeLine(request) : "";
        Planned = PlannedProtocols.Plan(
            new PlanInputs(Image, Inputs.Initrd, _commandLine, Machine, rngSeed, request.Places)
            {
                DeviceTree = Inputs.DeviceTree,
                FreeBsd = Inputs.FreeBsd,
                Ramdisk = Inputs.Ramdisk,
                IsForThisBoot = request.Carrier != Machines.Carrier.Pack,
            });
        Findings.AddRange(Inputs.FreeBsd?.Findings ?? []);
        Carrier = CarrierChoice.Decide(
            Machine.Kexec,
            request.Carrier ?? CarrierOfStreams(request),
            [.. request.Places.Keys.Select(name => $"--place {name}"), .. Planned.BeyondFileLoad],
            Machine.MemoryEncryption);
        if (Inputs.HasStreams && request.Carrier is null)
        {
            Carrier = Carrier with { Reason = "what streamed in lies in pages of this process already" };
        }

        if (request.Carrier is null && Carrier.Carrier == Machines.Carrier.KexecLoad && IsGatherable
            && GatherChoice.WhyGather(Handoff.Segments, Machine.Totals, Machine.FreePages, () => InPlace.HeldBytes) is { } reason)
        {
            if (request.NotGathered is not { } why)
            {
                Carrier = new CarrierDecision(Machines.Carrier.Gather, reason, Carrier.Obstacles);
            }
            else
            {
                Findings.Add(new Finding(
                    Severity.Note, NotGathered, $"gathered, this image takes one copy in memory: {reason}; {why}"));
            }
        }

        Findings.AddRange(Handoff.Findings);
    }

    /// <summary>What streams in lies in pinned pages already: with a jump in this process it need not be copied again.</summary>
    private Carrier? CarrierOfStreams(HandoffRequest request) => !Inputs.HasStreams ? null
        : request.NotGathered is null && IsGatherable ? Machines.Carrier.Gather
        : Machines.Carrier.KexecLoad;

    private bool IsGatherable => Planned is IPlannedX64Protocol && Machine.MemoryEncryption is null;

    private string ComposeLine(HandoffRequest request)
    {
        if (request.FreeBsd.Given is { } option)
        {
            throw new CommandException(
                ExitCode.Usage, $"{option} is for FreeBSD kernels, and {request.Kernel} is {Image.FormatText}");
        }

        List<Finding> aboutLine = [];
        CommandLineRequest wanted = UkiParts.CommandLine(Image.Uki, request.CommandLine);
        if (Image.Uki is { } uki)
        {
            Findings.AddRange(UkiParts.Findings(
                uki, Image.Architecture, UkiParts.IsGiven(request.CommandLine), request.DeviceTree is not null));
        }

        string commandLine = CommandLine.Compose(wanted, Machine.Kernel.CommandLine, aboutLine);
        Findings.AddRange(aboutLine);
        return commandLine;
    }

    private void Check(HandoffRequest request)
    {
        if (EncryptedCrossing.Check(Machine.MemoryEncryption, Carrier.Carrier) is { } unreadable)
        {
            Findings.Add(unreadable);
        }

        if (Carrier.Carrier != Machines.Carrier.KexecFileLoad)
        {
            Findings.AddRange(Machine.Findings.Where(finding => finding.Id == MemoryEncryption.NotTold));
        }

        Findings.AddRange(Machine.Findings.Where(finding => finding.Id == ArmedWatchdogs.Id));
        ulong initrd = (ulong)(Inputs.Initrd?.Length ?? 0);
        if (Carrier.Carrier == Machines.Carrier.KexecLoad)
        {
            Findings.AddRange(KexecLimits.Check(Handoff.Segments, Machine.Totals.Total));
            Findings.AddRange(Preflight.CheckMemory(Handoff.LoadedBytes, Machine.Totals.Available));
        }
        else if (Carrier.Carrier == Machines.Carrier.Gather)
        {
            // Whoever is asked lowers the kernel's reserve where that is needed.
            bool hasFewerNotes = Machine.Totals.HasFewerNotes && request.Pin is null;
            ulong available = request.Available?.Invoke(Preflight.GatherPeak(Handoff.LoadedBytes, HeldBytes, hasFewerNotes))
                ?? Machine.Totals.Available + Machine.Totals.Releasable - Inputs.StreamedBytes;
            Findings.AddRange(Preflight.CheckGather(Handoff.LoadedBytes, available, HeldBytes, hasFewerNotes));
            if (Planned is not IPlannedX64Protocol)
            {
                Findings.Add(new Finding(
                    Severity.Error, "gather-architecture", "gather works on amd64 only, so far; use \"baton pack\""));
            }
        }
        else if (Carrier.Carrier == Machines.Carrier.Pack)
        {
            // What will be available when the program runs, nobody knows yet.
            Findings.AddRange(KexecLimits.Check(Handoff.Segments, Machine.Totals.Total));
        }
        else
        {
            // The kernel reads both files into buffers, and holds them until the segments are filled.
            ulong joined = Inputs.Initrd is { Parts.Count: > 1 } ? initrd : 0;
            ulong files = (ulong)Inputs.KernelFile.Length + initrd;
            ulong segments = Handoff.LoadedBytes + Handoff.Reservations[0].Range.Length;
            Findings.AddRange(Preflight.CheckMemory(files + segments + joined, Machine.Totals.Available));
        }

        ulong nextTotal = Handoff.NextMemory.Ram.Length;
        Findings.AddRange(Preflight.CheckUnpacking(
            initrd,
            (ulong?)Inputs.UnpackedInitrd?.Bytes,
            Inputs.UnpackedInitrd?.Bound ?? default,
            nextTotal,
            InitialRootfs.IsTmpfs(_commandLine)));
    }
}
