using Baton.Bytes;
using Baton.Cli.Planned;
using Baton.Compression;
using Baton.Formats;
using Baton.Formats.Initramfs;
using Baton.Handoffs;
using Baton.Linux;
using Baton.Linux.Files;
using Baton.Machines;
using Baton.Proofs;
using Baton.Protocols.LinuxX86;
using Baton.Reports;

namespace Baton.Cli;

/// <summary>
/// A handoff that is ready to be shown or carried out: files open, command line put together, carrier chosen, plan
/// made, preflight done. Nothing of the machine has been changed.
/// </summary>
internal sealed class PreparedHandoff : IDisposable
{
    private readonly List<FileSource> _files = [];
    private FreeBsdFiles? _freeBsd;

    private PreparedHandoff(Machine machine) => Machine = machine;

    public Machine Machine { get; }

    public KernelImage Image { get; private set; } = null!;

    /// <summary>The kernel's file.</summary>
    public FileSource KernelFile => _files[0];

    /// <summary>All initrds as one content; null for none.</summary>
    public SegmentContent? Initrd { get; private set; }

    /// <summary>The plan, by the protocol of the kernel.</summary>
    public IPlannedProtocol Planned { get; private set; } = null!;

    public Handoff Handoff => Planned.Handoff;

    public CarrierDecision Carrier { get; private set; } = null!;

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

        PreparedHandoff prepared = new(machine);
        try
        {
            prepared.Open(request);
            prepared.Plan(request, rngSeed);
            prepared.Check();
            return prepared;
        }
        catch
        {
            prepared.Dispose();
            throw;
        }
    }

    /// <summary>Runs the handoff on a simulated processor and judges what the next kernel would find.</summary>
    public ProofReport Prove() => Planned.Prove();

    public void Dispose()
    {
        _files.ForEach(file => file.Dispose());
        _freeBsd?.Dispose();
    }

    private void Open(HandoffRequest request)
    {
        _files.Add(FileSource.Open(request.Kernel));
        Image = KernelImages.Open(KernelFile, new Codecs());
        List<IByteSource> initrds = [.. Image.Uki is { } uki ? UkiParts.Initrds(uki, Image.Architecture) : []];
        initrds.AddRange(request.Initrds.Select(Opened));

        if (initrds.Count > 0)
        {
            InitrdSet set = InitrdSet.Open(initrds);
            Initrd = set.Content;
            UnpackedInitrd = set.UnpackedSizeEstimate;
            Findings.AddRange(set.Findings);
        }
    }

    private FileSource Opened(string path)
    {
        FileSource file = FileSource.Open(path);
        _files.Add(file);
        return file;
    }

    private ulong? UnpackedInitrd { get; set; }

    /// <summary>The device tree that the user gives, or else the kernel's image.</summary>
    /// <exception cref="CommandException">The kernel takes none.</exception>
    private IByteSource? DeviceTree(HandoffRequest request)
    {
        if (request.DeviceTree is null)
        {
            return Image.Uki is { } uki ? UkiParts.DeviceTree(uki, Image.Architecture) : null;
        }

        return Image.Architecture == Architecture.Arm64 && Image.FreeBsd is null
            ? Opened(request.DeviceTree)
            : throw new CommandException(
                ExitCode.Usage,
                $"--dtb is for Linux on arm64, and {request.Kernel} is {Image.FormatText} for "
                + Words.Of(Image.Architecture));
    }

    private void Plan(HandoffRequest request, ReadOnlyMemory<byte> rngSeed)
    {
        string commandLine = Image.FreeBsd is null ? ComposeLine(request) : OpenFreeBsd(request);
        Planned = PlannedProtocols.Plan(
            new PlanInputs(Image, Initrd, commandLine, Machine, rngSeed, request.Places) 
            {
                DeviceTree = DeviceTree(request),
                FreeBsd = _freeBsd,
            });
        Findings.AddRange(_freeBsd?.Findings ?? []);
        Carrier = CarrierChoice.Decide(
            Machine.Kexec,
            request.Carrier,
            [.. request.Places.Keys.Select(name => $"--place {name}"), .. Planned.BeyondFileLoad]);
        Findings.AddRange(Handoff.Findings);
    }

    private string ComposeLine(HandoffRequest request)
    {
        if (request.FreeBsd.Given is { } option)
        {
            throw new CommandException(
                ExitCode.Usage, $"{option} is for FreeBSD kernels, and {request.Kernel} is {Image.FormatText}");
        }

        List<Finding> aboutLine = [];
        CommandLineRequest wanted = request.CommandLine;
        bool isGiven = wanted.Whole is not null || wanted.Reuse;
        if (Image.Uki is { } uki)
        {
            wanted = isGiven ? wanted : wanted with { Whole = uki.CommandLine };
            Findings.AddRange(UkiParts.Findings(uki, Image.Architecture, isGiven, request.DeviceTree is not null));
        }

        string commandLine = CommandLine.Compose(wanted, Machine.Kernel.CommandLine, aboutLine);
        Findings.AddRange(aboutLine);
        return commandLine;
    }

    /// <summary>A FreeBSD kernel has variables and flags, and no command line.</summary>
    private string OpenFreeBsd(HandoffRequest request)
    {
        if (request.CommandLine is { Whole: not null } or { Reuse: true } or { Append.Count: > 0 })
        {
            throw new CommandException(
                ExitCode.Usage, "a FreeBSD kernel has no command line; give --env NAME=VALUE and --boot-flags");
        }

        _freeBsd = new FreeBsdFiles(request.FreeBsd);
        return "";
    }

    private void Check()
    {
        ulong initrd = (ulong)(Initrd?.Length ?? 0);
        if (Carrier.Carrier == Machines.Carrier.KexecLoad)
        {
            Findings.AddRange(KexecLimits.Check(Handoff.Segments, Machine.Totals.Total));
            Findings.AddRange(Preflight.CheckMemory(Handoff.LoadedBytes, Machine.Totals.Available));
        }
        else if (Carrier.Carrier == Machines.Carrier.Pack)
        {
            // What will be available when the program runs, nobody knows yet.
            Findings.AddRange(KexecLimits.Check(Handoff.Segments, Machine.Totals.Total));
        }
        else
        {
            // The kernel reads both files into buffers, and holds them until the segments are filled.
            ulong joined = Initrd is { Parts.Count: > 1 } ? initrd : 0;
            ulong files = (ulong)KernelFile.Length + initrd;
            ulong segments = Handoff.LoadedBytes + Handoff.Reservations[0].Range.Length;
            Findings.AddRange(Preflight.CheckMemory(files + segments + joined, Machine.Totals.Available));
        }

        ulong nextTotal = Handoff.NextMemory.Ram.Length;
        Findings.AddRange(Preflight.CheckUnpacking(initrd, UnpackedInitrd, nextTotal));
    }
}
