using Baton.Bytes;
using Baton.Cli.Planned;
using Baton.Compression;
using Baton.Formats;
using Baton.Formats.Initramfs;
using Baton.Handoffs;
using Baton.Linux;
using Baton.Linux.Files;
using Baton.Linux.Gathers;
using Baton.Machines;
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
    private readonly List<FileSource> _files = [];
    private readonly List<PinnedMemory> _streamed = [];
    private FreeBsdFiles? _freeBsd;
    private readonly PinMethod? _pin;
    private SegmentContent? _ramdisk;
    private PartsInPlace? _inPlace;

    private PreparedHandoff(Machine machine, PinMethod? pin)
    {
        Machine = machine;
        _pin = pin;
    }

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

    /// <summary>The nextboot.conf of a FreeBSD root, which holds for this boot alone; null when none is in force.</summary>
    public string? NextBoot => _freeBsd?.NextBoot;

    /// <summary>What need not be copied if the image is gathered; looked for when it is asked for.</summary>
    public PartsInPlace InPlace => _inPlace ??= PartsInPlace.Of(Handoff, _pin);

    /// <summary>Bytes of the image that take no more memory if it is gathered: they streamed in, or lie in memory.</summary>
    public ulong HeldBytes => StreamedBytes + InPlace.HeldBytes;

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

        PreparedHandoff prepared = new(machine, request.Pin);
        try
        {
            prepared.Open(request);
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

    /// <summary>Whether large segments are fed to kexec_load(2) piece by piece.</summary>
    public bool IsFed { get; private set; }

    /// <summary>Each initrd that has a digest to be compared with, as a part of the joined content.</summary>
    public IReadOnlyList<(ContentPart Part, string Digest)> Digests { get; private set; } = [];

    /// <summary>Refuses an initrd whose digest is not the one that was given.</summary>
    /// <param name="digestOf">Makes a part's digest.</param>
    /// <exception cref="CommandException">One is not.</exception>
    public void CheckDigests(Func<ContentPart, string> digestOf)
    {
        foreach ((ContentPart part, string digest) in Digests)
        {
            string found = digestOf(part);
            if (found != digest)
            {
                throw new CommandException(
                    ExitCode.DataError,
                    $"nothing was loaded: {part.Source.Name} has the SHA-256 {found}, and --sha256 says {digest}");
            }
        }
    }

    /// <summary>Runs the handoff on a simulated processor and judges what the next kernel would find.</summary>
    public ProofReport Prove() => Planned.Prove();

    public void Dispose()
    {
        _files.ForEach(file => file.Dispose());
        _streamed.ForEach(memory => memory.Dispose());
        _freeBsd?.Dispose();
    }

    private void Open(HandoffRequest request)
    {
        _files.Add(FileSource.Open(request.Kernel));
        Image = KernelImages.Open(KernelFile, new Codecs());
        Findings.AddRange(Image.Findings.Where(finding => finding.Severity != Severity.Note));
        List<IByteSource> initrds = [.. Image.Uki is { } uki ? UkiParts.Initrds(uki, Image.Architecture) : []];
        initrds.AddRange(request.Initrds.Select(path => OpenInput("--initrd", path, request)));

        CheckDigestCount(request);

        if (request.Ramdisk is { } disk)
        {
            IByteSource source = OpenInput("--ramdisk", disk, request);
            _ramdisk = new SegmentContent(new ContentPart(0, source, 0, source.Length));
        }

        IsFed = request.IsFed || _streamed.Count > 0;
        if (initrds.Count > 0)
        {
            InitrdSet set = InitrdSet.Open(initrds);
            Initrd = set.Content;
            Digests = [.. (request.Streams?.Sha256 ?? []).Zip(initrds).SelectMany(pair => set.Content.Parts
                .Where(part => part.Source == pair.Second)
                .Select(part => (part, pair.First)))];
            UnpackedInitrd = set.UnpackedSizeEstimate;
            Findings.AddRange(set.Findings);
        }
    }

    /// <summary>What is a file stays one, whatever else has to come first is read into pages of this process.</summary>
    private IByteSource OpenInput(string option, string name, HandoffRequest request)
    {
        if (!StreamedInitrd.IsNoFile(name) && request.Streams is not { Decompress: true })
        {
            FileSource file = FileSource.Open(name);
            _files.Add(file);
            return file;
        }

        if (request.Streams is not { } wishes)
        {
            throw new CommandException(ExitCode.Usage, $"{option} {name}: only load and run take what streams in; give a file");
        }

        bool isGathered = request.MayGather && request.Carrier is null or Machines.Carrier.Gather;
        PinnedMemory memory = new(request.Held, request.Pin) { MayTakeHugePages = isGathered && request.Pin is null };
        _streamed.Add(memory);
        return StreamedInitrd.Collect(name, wishes, memory);
    }

    private static void CheckDigestCount(HandoffRequest request)
    {
        if (request.Streams is { Sha256.Count: > 0 } wishes && wishes.Sha256.Count != request.Initrds.Count)
        {
            throw new CommandException(
                ExitCode.Usage,
                $"--sha256 is given {wishes.Sha256.Count} times for {request.Initrds.Count} initrds; give one for each");
        }
    }

    private ulong? UnpackedInitrd { get; set; }

    private ulong StreamedBytes => (ulong)_streamed.Sum(memory => memory.Length);

    private FileSource OpenDeviceTree(string path)
    {
        FileSource file = FileSource.Open(path);
        _files.Add(file);
        return file;
    }

    /// <summary>The device tree that the user gives, or else the kernel's image.</summary>
    /// <exception cref="CommandException">The kernel takes none.</exception>
    private IByteSource? DeviceTree(HandoffRequest request)
    {
        if (request.DeviceTree is null)
        {
            return Image.Uki is { } uki ? UkiParts.DeviceTree(uki, Image.Architecture) : null;
        }

        return Image.Architecture == Architecture.Arm64 && Image.FreeBsd is null
            ? OpenDeviceTree(request.DeviceTree)
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
                Ramdisk = _ramdisk,
                IsForThisBoot = request.Carrier != Machines.Carrier.Pack,
            });
        Findings.AddRange(_freeBsd?.Findings ?? []);
        Carrier = CarrierChoice.Decide(
            Machine.Kexec,
            request.Carrier ?? CarrierOfStreams(request),
            [.. request.Places.Keys.Select(name => $"--place {name}"), .. Planned.BeyondFileLoad]);
        if (request.MayGather && request.Carrier is null && Carrier.Carrier == Machines.Carrier.KexecLoad
            && Planned is IPlannedX64Protocol && Machine.MemoryEncryption is null
            && GatherChoice.WhyGather(Handoff.Segments, Machine.Totals, Machine.FreePages, () => InPlace.HeldBytes) is { } reason)
        {
            Carrier = new CarrierDecision(Machines.Carrier.Gather, reason, Carrier.Obstacles);
        }

        Findings.AddRange(Handoff.Findings);
    }

    /// <summary>What streams in lies in pinned pages already: with a jump in this process it need not be copied again.</summary>
    private Carrier? CarrierOfStreams(HandoffRequest request) => _streamed.Count == 0 ? null
        : request.MayGather ? Machines.Carrier.Gather
        : Machines.Carrier.KexecLoad;

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

    private string OpenFreeBsd(HandoffRequest request)
    {
        _freeBsd = new FreeBsdFiles(request.FreeBsdOptions());
        return "";
    }

    private void Check(HandoffRequest request)
    {
        ulong initrd = (ulong)(Initrd?.Length ?? 0);
        if (Carrier.Carrier == Machines.Carrier.KexecLoad)
        {
            Findings.AddRange(KexecLimits.Check(Handoff.Segments, Machine.Totals.Total));
            Findings.AddRange(Preflight.CheckMemory(Handoff.LoadedBytes, Machine.Totals.Available));
        }
        else if (Carrier.Carrier == Machines.Carrier.Gather)
        {
            ulong spare = Machine.Totals.Releasable;
            bool hasFewerNotes = Machine.Totals.HasFewerNotes && request.Pin is null;
            ulong peak = Math.Max(Preflight.GatherPeak(Handoff.LoadedBytes, HeldBytes, hasFewerNotes), spare);
            ulong available = request.Available?.Invoke(peak - spare) ?? Machine.Totals.Available - StreamedBytes;
            Findings.AddRange(Preflight.CheckGather(Handoff.LoadedBytes, available + spare, HeldBytes, hasFewerNotes));
            if (Machine.MemoryEncryption is { } encryption)
            {
                Findings.Add(new Finding(
                    Severity.Error,
                    "gather-encrypted-memory",
                    $"memory is encrypted by {encryption}, and the relocator would move what cannot be read; "
                    + "use --carrier kexec-load"));
            }

            if (Planned is not IPlannedX64Protocol)
            {
                Findings.Add(new Finding(
                    Severity.Error, "gather-architecture", "gather works on amd64 only, so far; use --carrier kexec-load"));
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
            ulong joined = Initrd is { Parts.Count: > 1 } ? initrd : 0;
            ulong files = (ulong)KernelFile.Length + initrd;
            ulong segments = Handoff.LoadedBytes + Handoff.Reservations[0].Range.Length;
            Findings.AddRange(Preflight.CheckMemory(files + segments + joined, Machine.Totals.Available));
        }

        ulong nextTotal = Handoff.NextMemory.Ram.Length;
        Findings.AddRange(Preflight.CheckUnpacking(initrd, UnpackedInitrd, nextTotal));
    }
}
