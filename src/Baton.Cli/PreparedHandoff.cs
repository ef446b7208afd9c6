using Baton.Bytes;
using Baton.Compression;
using Baton.Formats;
using Baton.Formats.BzImage;
using Baton.Formats.Elf;
using Baton.Formats.Initramfs;
using Baton.Handoffs;
using Baton.Linux;
using Baton.Linux.Files;
using Baton.Machines;
using Baton.Proofs;
using Baton.Proofs.X64;
using Baton.Protocols.LinuxX86;
using Baton.Protocols.LinuxX86.Clauses;

namespace Baton.Cli;

/// <summary>
/// A handoff that is ready to be shown or carried out: files open, command line put together, carrier chosen, plan
/// made, preflight done. Nothing of the machine has been changed.
/// </summary>
internal sealed class PreparedHandoff : IDisposable
{
    private readonly List<FileSource> _files = [];

    private PreparedHandoff(Machine machine) => Machine = machine;

    public Machine Machine { get; }

    public KernelImage Image { get; private set; } = null!;

    /// <summary>The kernel's file.</summary>
    public FileSource KernelFile => _files[0];

    /// <summary>All initrds as one content; null for none.</summary>
    public SegmentContent? Initrd { get; private set; }

    public Handoff Handoff { get; private set; } = null!;

    /// <summary>The machine as the proof sees it.</summary>
    public X64ProofMachine ProofMachine => LinuxX86Contract.ProofMachine(Machine);

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
    public ProofReport Prove() =>
        X64Proof.Run(Handoff, ProofMachine, LinuxX86Contract.For(Kernel, Machine, Handoff));

    public void Dispose() => _files.ForEach(file => file.Dispose());

    private void Open(HandoffRequest request)
    {
        _files.Add(FileSource.Open(request.Kernel));
        Image = KernelImages.Open(KernelFile, new Codecs());
        List<IByteSource> initrds = [];
        foreach (string path in request.Initrds)
        {
            FileSource file = FileSource.Open(path);
            _files.Add(file);
            initrds.Add(file);
        }

        if (initrds.Count > 0)
        {
            InitrdSet set = InitrdSet.Open(initrds);
            Initrd = set.Content;
            UnpackedInitrd = set.UnpackedSizeEstimate;
            Findings.AddRange(set.Findings);
        }
    }

    private ulong? UnpackedInitrd { get; set; }

    private LinuxX86Kernel Kernel { get; set; } = null!;

    private void Plan(HandoffRequest request, ReadOnlyMemory<byte> rngSeed)
    {
        List<Finding> aboutLine = [];
        string commandLine = CommandLine.Compose(request.CommandLine, Machine.Kernel.CommandLine, aboutLine);
        Findings.AddRange(aboutLine);
        Kernel = Image.Details switch
        {
            // What else a UKI carries would be lost, and a carrier would be given the wrapping.
            _ when Image.Wrappings.Count > 0 => throw Unsupported(),
            BzImageFile bzImage => LinuxX86Kernel.From(bzImage),
            ElfFile elf => LinuxX86Vmlinux.From(elf),
            _ => throw Unsupported(),
        };
        Carrier = CarrierChoice.Decide(Machine.Kexec, request.Carrier,
        [
            .. request.Places.Keys.Select(name => $"--place {name}"),
            .. Image.Details is ElfFile ? ["an ELF vmlinux: it takes only a bzImage"] : (string[])[],
        ]);
        Handoff = LinuxX86Planner.Plan(new LinuxX86Request
        {
            Kernel = Kernel,
            Initrd = Initrd,
            CommandLine = commandLine,
            Machine = Machine,
            RngSeed = rngSeed,
            Places = request.Places,
        });
        Findings.AddRange(Handoff.Findings);
    }

    private ImageFormatException Unsupported() => new(
        ImageError.UnknownFormat,
        new ImageLocation(KernelFile.Name, 0, "format"),
        $"{Image.FormatText}: cannot be handed over to yet; give a bzImage or an amd64 vmlinux");

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
