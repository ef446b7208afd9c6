using Baton.Bytes;
using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Protocols.FreeBsd;

/// <summary>
/// All that is preloaded, in one run of addresses: the kernel with its symbols, the files behind it, environment, device tree
/// and metadata chain. The chain is the highest, because an arm64 kernel maps itself up to a little behind it.
/// </summary>
internal sealed class PreloadImage
{
    private readonly FreeBsdRequest _request;
    private readonly PreloadRules _rules;
    private readonly PlacedFile _kernel;
    private readonly List<PlacedFile> _files = [];
    private readonly byte[] _environment;
    private readonly byte[] _deviceTree;
    private readonly ulong _envp;
    private readonly ulong _dtbp;
    private readonly byte[] _chain;

    private PreloadImage(
        FreeBsdRequest request, KernelEnvironment environment, IReadOnlyList<MetadataRecord> firmware, byte[] deviceTree)
    {
        _request = request;
        _rules = PreloadRules.Of(request.Kernel.Architecture);
        _kernel = PreloadLayout.Place(request.Kernel, request.KernelPath, _rules);
        ulong end = _kernel.End;
        foreach (PreloadedFile file in request.Files)
        {
            // What is in another segment must not be in its pages.
            ulong above = _files.Count == 0 ? DestinationSpace.RoundUp(end, _rules.Boundary) : end;
            _files.Add(PreloadLayout.Place(file, above, request.Kernel.Architecture));
            end = _files[^1].End;
            CheckLimit(end);
        }

        _environment = environment.Write();
        _deviceTree = deviceTree;
        _envp = DestinationSpace.RoundUp(end, _rules.Boundary);
        _dtbp = DestinationSpace.RoundUp(_envp + (ulong)_environment.Length);
        ModuleP = DestinationSpace.RoundUp(_dtbp + (ulong)deviceTree.Length);
        int size = Chain(environment, firmware).Length;
        KernEnd = DestinationSpace.RoundUp(ModuleP + (ulong)size, _rules.Boundary);
        CheckLimit(KernEnd);
        _chain = Chain(environment, firmware);
    }

    /// <summary>Lays everything out.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="environment">The variables, complete.</param>
    /// <param name="firmware">The records of memory, firmware and screen.</param>
    /// <param name="deviceTree">The device tree; empty for none.</param>
    /// <exception cref="ImageFormatException">A file or variable breaks a rule, or there is too much of it.</exception>
    public static PreloadImage Lay(
        FreeBsdRequest request, KernelEnvironment environment, IReadOnlyList<MetadataRecord> firmware, byte[] deviceTree) =>
        new(request, environment, firmware, deviceTree);

    /// <summary>Where the chain is, as the kernel is told it.</summary>
    public ulong ModuleP { get; }

    /// <summary>Where all of it ends, as the kernel is told it: a page boundary.</summary>
    public ulong KernEnd { get; }

    /// <summary>Where the variables are, as the kernel is told it.</summary>
    public ulong EnvP => _envp;

    /// <summary>Where the payload of the first record of a type is, as the kernel is told addresses; null without one.</summary>
    public ulong? PayloadOf(uint type) =>
        MetadataChain.OffsetOf(_chain, type, "metadata chain") is { } offset ? ModuleP + (ulong)offset : null;

    /// <summary>The segments in memory.</summary>
    /// <param name="space">Where they go.</param>
    /// <param name="reason">Why the kernel goes there.</param>
    public IEnumerable<Segment> Segments(DestinationSpace space, string reason)
    {
        yield return SegmentOf("kernel", space, [_kernel], reason);
        if (_files.Count > 0)
        {
            yield return SegmentOf("files", space, _files, "behind the kernel");
        }

        ContentPart Part(ulong at, byte[] bytes, string name) =>
            new((long)(at - _envp), new ArraySource(bytes, name), 0, bytes.Length);
        yield return new Segment(
            "metadata",
            new PhysicalRange(space.Physical(_envp), KernEnd - _envp),
            new SegmentContent(
            [
                Part(_envp, _environment, "environment"),
                .. _deviceTree.Length > 0 ? [Part(_dtbp, _deviceTree, "device tree")] : Array.Empty<ContentPart>(),
                Part(ModuleP, _chain, "metadata chain"),
            ]))
        {
            Reason = _deviceTree.Length > 0 ? "environment, device tree and metadata chain" : "environment and metadata chain",
        };
    }

    private Segment SegmentOf(string name, DestinationSpace space, List<PlacedFile> files, string reason)
    {
        ulong start = files[0].Start & ~(_rules.Boundary - 1);
        ulong end = DestinationSpace.RoundUp(files[^1].End, _rules.Boundary);
        return new Segment(
            name,
            new PhysicalRange(space.Physical(start), end - start),
            new SegmentContent([.. files.SelectMany(file => file.Parts.Where(part => part.Length > 0)
                .Select(part => part with { Offset = part.Offset + (long)(file.Start - start) }))]))
        {
            Reason = reason,
        };
    }

    private byte[] Chain(KernelEnvironment environment, IReadOnlyList<MetadataRecord> firmware) => MetadataChain.Write(
    [
        .. _kernel.Chain(
        [
            MetadataRecord.Of(ModInfo.Howto, (uint)(_request.Howto | BootFlags.Of(environment))),
            MetadataRecord.Of(ModInfo.Environment, _envp),
            MetadataRecord.Of(ModInfo.KernEnd, KernEnd),
            .. _rules.TellsModuleP ? [MetadataRecord.Of(ModInfo.ModuleP, ModuleP)] : Array.Empty<MetadataRecord>(),
            .. _deviceTree.Length > 0
                ? [MetadataRecord.Of(ModInfo.Arm64DeviceTree, _dtbp)]
                : Array.Empty<MetadataRecord>(),
            .. firmware,
        ]),
        .. _files.SelectMany(file => file.Chain([])),
    ]);

    private void CheckLimit(ulong end)
    {
        ulong reached = end - _rules.Origin(_request.Kernel) + _rules.Behind;
        if (reached > DestinationSpace.Limit)
        {
            throw new ImageFormatException(
                ImageError.OutOfRange,
                new ImageLocation(_request.Kernel.Elf.Source.Name, 0, "kernend"),
                $"the kernel and its files reach {reached >> 20} MiB above KERNBASE, and there is room for "
                + $"{DestinationSpace.Limit >> 20}");
        }
    }
}
