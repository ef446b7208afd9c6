using Baton.Bytes;
using Baton.Cli.Planned;
using Baton.Compression;
using Baton.Formats;
using Baton.Formats.Compression;
using Baton.Formats.Initramfs;
using Baton.Handoffs;
using Baton.Linux.Files;
using Baton.Linux.Gathers;
using Baton.Machines;
using Baton.Reports;

namespace Baton.Cli;

/// <summary>What the user names for a handoff: files are open until the end, and what comes as a stream is in memory.</summary>
internal sealed class HandoffInputs : IDisposable
{
    private const string RamdiskOption = "--ramdisk";

    private readonly HandoffRequest _request;
    private readonly List<FileSource> _files = [];
    private readonly List<PinnedMemory> _streamed = [];
    private readonly List<DigestedPiece> _digests = [];

    private HandoffInputs(HandoffRequest request) => _request = request;

    /// <summary>The kernel.</summary>
    public KernelImage Image { get; private set; } = null!;

    /// <summary>The kernel's file.</summary>
    public FileSource KernelFile => _files[0];

    /// <summary>All initrds as one content; null for none.</summary>
    public SegmentContent? Initrd { get; private set; }

    /// <summary>Bytes of all initrds once the next kernel has unpacked them; null where nobody can tell.</summary>
    public UnpackedSize? UnpackedInitrd { get; private set; }

    /// <summary>A disk image for the next kernel's memory; null for none.</summary>
    public SegmentContent? Ramdisk { get; private set; }

    /// <summary>The device tree that the user gives, or else the kernel's image; null for none.</summary>
    public IByteSource? DeviceTree { get; private set; }

    /// <summary>What belongs to a FreeBSD kernel; null for others.</summary>
    public FreeBsdFiles? FreeBsd { get; private set; }

    /// <summary>Whether anything came as a stream.</summary>
    public bool HasStreams => _streamed.Count > 0;

    /// <summary>Bytes of what came as a stream: they are in memory already.</summary>
    public ulong StreamedBytes => (ulong)_streamed.Sum(memory => memory.Length);

    /// <summary>What must be said of the files.</summary>
    public List<Finding> Findings { get; } = [];

    /// <summary>Opens all of it, and reads what is no file.</summary>
    /// <exception cref="CommandException">An input is not for this command or this kernel.</exception>
    /// <exception cref="ImageFormatException">A file is not what it should be.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static HandoffInputs Open(HandoffRequest request)
    {
        HandoffInputs inputs = new(request);
        try
        {
            inputs.OpenAll();
            return inputs;
        }
        catch
        {
            inputs.Dispose();
            throw;
        }
    }

    /// <summary>Refuses an initrd or a disk whose digest is not the one that was given.</summary>
    /// <param name="digestOf">Makes a piece's digest; no piece is empty.</param>
    /// <exception cref="CommandException">One is not.</exception>
    public void CheckDigests(Func<DigestedPiece, string> digestOf)
    {
        foreach (DigestedPiece piece in _digests)
        {
            // Nothing is there to be read of an empty one, but nothing is not what was asked for either.
            string found = piece.Length == 0 ? new Sha256().EndHex() : digestOf(piece);
            if (found != piece.Digest)
            {
                throw new CommandException(
                    ExitCode.DataError,
                    $"nothing was loaded: {piece.Name} has the SHA-256 {found}, and --sha256 says {piece.Digest}");
            }
        }
    }

    public void Dispose()
    {
        _files.ForEach(file => file.Dispose());
        _streamed.ForEach(memory => memory.Dispose());
        FreeBsd?.Dispose();
    }

    private void OpenAll()
    {
        CheckDigestCount();
        CheckStandardInput();
        Image = KernelImages.Open(OpenFile(_request.Kernel), new Codecs());
        Findings.AddRange(Image.Findings.Where(finding => finding.Severity != Severity.Note));
        DeviceTree = OpenDeviceTree();
        List<IByteSource> initrds = [.. Image.Uki is { } uki ? UkiParts.Initrds(uki, Image.Architecture) : []];
        initrds.AddRange(_request.Initrds.Select(path => OpenOrRead("--initrd", path)));
        if (_request.Ramdisk is { } disk)
        {
            IByteSource source = OpenOrRead(RamdiskOption, disk);
            Ramdisk = source.Length > 0
                ? new SegmentContent(new ContentPart(0, source, 0, source.Length))
                : throw new CommandException(
                    ExitCode.DataError, $"--ramdisk {disk} is empty: the next kernel would find no disk");
            _digests.AddRange(Digests.Skip(_request.Initrds.Count).Select(
                digest => new DigestedPiece("ramdisk", Ramdisk, disk, 0, source.Length, digest)));
        }

        if (initrds.Count > 0)
        {
            InitrdSet set = InitrdSet.Open(initrds);
            Initrd = set.Content;
            UnpackedInitrd = set.UnpackedSizeEstimate;

            // The image's own come first, and nobody gives a digest for those.
            int own = initrds.Count - _request.Initrds.Count;
            _digests.AddRange(Digests.Take(_request.Initrds.Count).Select((digest, i) => new DigestedPiece(
                "initrd", set.Content, initrds[own + i].Name, set.Starts[own + i], initrds[own + i].Length, digest)));
            Findings.AddRange(set.Findings);
        }

        if (Image.FreeBsd is not null)
        {
            FreeBsd = new FreeBsdFiles(_request.FreeBsdOptions());
        }
    }

    private FileSource OpenFile(string path)
    {
        FileSource file = FileSource.Open(path);
        _files.Add(file);
        return file;
    }

    /// <summary>What is a file stays one, whatever else has to come first is read into pages of this process.</summary>
    private IByteSource OpenOrRead(string option, string name)
    {
        if (!StreamedInitrd.IsNoFile(name) && _request.Streams is not { Decompress: true })
        {
            return OpenFile(name);
        }

        if (_request.Streams is not { } wishes)
        {
            throw new CommandException(ExitCode.Usage, $"{option} {name}: only load and run take what streams in; give a file");
        }

        bool isGathered = _request.NotGathered is null && _request.Carrier is null or Carrier.Gather;
        PinnedMemory memory = new(_request.Held, _request.Pin, _request.Available)
        {
            MayTakeHugePages = isGathered && _request.Pin is null,
        };
        _streamed.Add(memory);
        bool isDigested = Digests.Count > (option == RamdiskOption ? _request.Initrds.Count : 0);
        return StreamedInitrd.Collect(name, wishes, isDigested, memory);
    }

    private void CheckDigestCount()
    {
        int initrds = _request.Initrds.Count;
        if (Digests.Count > 0 && Digests.Count != initrds && Digests.Count != initrds + (_request.Ramdisk is null ? 0 : 1))
        {
            throw new CommandException(
                ExitCode.Usage,
                $"--sha256 is given {Digests.Count} times for {initrds} initrds; give one for each"
                + (_request.Ramdisk is null ? "" : ", and one more for the ramdisk if that has one"));
        }
    }

    private void CheckStandardInput()
    {
        if (_request.Arriving.Count(name => name == StreamedInitrd.StandardInput) > 1)
        {
            throw new CommandException(
                ExitCode.Usage, "standard input (-) is given more than once, and it can be read only once; give files");
        }
    }

    private IByteSource? OpenDeviceTree()
    {
        if (_request.DeviceTree is not { } path)
        {
            return Image.Uki is { } uki ? UkiParts.DeviceTree(uki, Image.Architecture) : null;
        }

        return Image.Architecture == Architecture.Arm64 && Image.FreeBsd is null
            ? OpenFile(path)
            : throw new CommandException(
                ExitCode.Usage,
                $"--dtb is for Linux on arm64, and {_request.Kernel} is {Image.FormatText} for {Words.Of(Image.Architecture)}");
    }

    private IReadOnlyList<string> Digests => _request.Streams?.Sha256 ?? [];
}
