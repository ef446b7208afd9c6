using Baton.Bytes;
using Baton.Formats.Compression;
using Baton.Formats.Cpio;
using Baton.Handoffs;

namespace Baton.Formats.Initramfs;

/// <summary>
/// A file that is handed over as an initrd, as Linux sees it: archives, plain or compressed, with zeros between them.
/// Specification: Linux, Documentation/driver-api/early-userspace/buffer-format.rst.
/// </summary>
public sealed class InitrdFile
{
    /// <summary>Where the microcode for the processors must be, in one of the plain archives at the start.</summary>
    private const string MicrocodePath = "kernel/x86/microcode/";

    private const int PageSize = 4096;

    private InitrdFile(IByteSource source, IReadOnlyList<InitrdArchive> archives, IReadOnlyList<Finding> findings)
    {
        Source = source;
        Archives = archives;
        Findings = findings;
    }

    public IByteSource Source { get; }

    /// <summary>The archives in the file's order.</summary>
    public IReadOnlyList<InitrdArchive> Archives { get; }

    /// <summary>Whether it is plain archives to its end: Linux, when it looks for microcode, goes on behind it.</summary>
    public required bool IsPlain { get; init; }

    /// <summary>What was noticed. A warning does not keep the file from being handed over: it is the user's.</summary>
    public IReadOnlyList<Finding> Findings { get; }

    /// <summary>Bytes of memory that the unpacked files take, an estimate; null when an archive does not tell.</summary>
    public UnpackedSize? UnpackedSizeEstimate => Archives.Count == 0 && Source.Length > 0
        ? null
        : UnpackedSize.Sum(Archives.Select(archive => archive.Unpacked));

    /// <summary>Whether the file starts like an initrd: with an archive, or a compressed something.</summary>
    public static bool Matches(ByteView head) =>
        CpioReader.Matches(head) || CompressionProbe.Probe(head) != CompressionKind.None;

    /// <summary>Finds the archives; data are passed over, not read. What is wrong with the file becomes a finding.</summary>
    /// <exception cref="ImageFormatException"><see cref="ImageError.Changed"/>: the file became shorter.</exception>
    public static InitrdFile Open(IByteSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        List<InitrdArchive> archives = [];
        List<Finding> findings = [];
        if (source.Length == 0)
        {
            findings.Add(new Finding(Severity.Warning, "initrd-empty", $"{source.Name} is empty."));
        }

        SlidingWindow window = new(source);
        long offset = 0;
        while ((offset = SkipZeros(window, offset, source.Length)) < source.Length)
        {
            ByteView head = window.At(offset, CompressionProbe.HeadLength);
            bool isPlain = head.Bytes[0] == (byte)'0';
            if ((isPlain || CompressionProbe.Probe(head) != CompressionKind.None)
                && WhyUnreached(source, offset, head, archives) is { } obstacle)
            {
                findings.Add(obstacle);
                break;
            }

            InitrdArchive? archive = isPlain
                ? ReadPlain(source, offset, archives, findings)
                : CompressedArchive.Read(source, offset, head, findings);
            if (archive is null)
            {
                break;
            }

            archives.Add(archive);
            offset += archive.Length;
        }

        return new InitrdFile(source, archives, findings)
        {
            IsPlain = offset >= source.Length
                && archives.TrueForAll(archive => archive is { Compression: CompressionKind.None, IsBroken: false }),
        };
    }

    /// <summary>Why Linux does not come to an archive although one starts there; null when it does.</summary>
    private static Finding? WhyUnreached(IByteSource source, long offset, ByteView head, List<InitrdArchive> before)
    {
        InitrdArchive? last = before.Count > 0 ? before[^1] : null;
        bool isPlain = head.Bytes[0] == (byte)'0';
        if (last is { Compression: CompressionKind.Lz4Legacy } && offset - last.End < Lz4Legacy.EndLength
            && !(offset == last.End && CompressionProbe.Probe(head) == CompressionKind.Lz4Legacy))
        {
            return new Finding(
                Severity.Warning,
                "initrd-lz4-end",
                $"{source.Name}: the lz4 archive that ends at 0x{last.End:x} has fewer than {Lz4Legacy.EndLength} zeros behind "
                + "it; Linux takes what follows for a block of it, and stops unpacking.");
        }

        // Behind a plain archive the rule is for compressed ones too.
        return offset != CpioFields.Align(offset) && (isPlain || last is { Compression: CompressionKind.None })
            ? new Finding(
                Severity.Warning,
                "initrd-alignment",
                $"{source.Name}: the archive at 0x{offset:x} does not start at a multiple of four; "
                + "Linux stops unpacking before it.")
            : null;
    }

    private static InitrdArchive ReadPlain(
        IByteSource source, long offset, List<InitrdArchive> before, List<Finding> findings)
    {
        long end = offset;
        long bytes = 0;
        int entries = 0;
        bool microcode = false;
        bool trailer = false;
        bool isBroken = false;
        try
        {
            foreach (CpioEntry entry in CpioReader.Entries(source, offset))
            {
                end = Math.Min(entry.End, source.Length);
                if (entry.IsSkipped)
                {
                    findings.Add(new Finding(
                        Severity.Warning,
                        "initrd-entry-skipped",
                        $"{source.Name}: the entry at 0x{entry.Offset:x} has no name, or one of more than {CpioFields.PathMax} "
                        + "bytes; Linux skips it."));
                    continue;
                }

                trailer = entry.IsTrailer;
                entries += trailer ? 0 : 1;
                microcode |= entry.Name.StartsWith(MicrocodePath, StringComparison.Ordinal);
                bytes += (entry.Size + PageSize - 1) & ~(PageSize - 1L);
            }
        }
        catch (ImageFormatException e) when (e.Error is not ImageError.Changed)
        {
            findings.Add(new Finding(
                Severity.Warning,
                "initrd-broken",
                $"{e.Message}. Linux stops unpacking here."));
            end = source.Length;
            trailer = true;
            isBroken = true;
        }

        if (!trailer)
        {
            findings.Add(new Finding(
                Severity.Warning,
                "initrd-no-trailer",
                $"{source.Name}: the archive at 0x{offset:x} ends without {CpioFields.Trailer}."));
        }

        if (microcode && before.Exists(archive => archive.Compression != CompressionKind.None))
        {
            findings.Add(new Finding(
                Severity.Warning,
                "microcode-not-first",
                $"{source.Name}: the archive at 0x{offset:x} holds microcode, and comes behind a compressed one: "
                + "Linux looks for it only in the plain archives at the start."));
        }

        return new InitrdArchive
        {
            Offset = offset,
            Length = end - offset,
            Compression = CompressionKind.None,
            Unpacked = new UnpackedSize(bytes, SizeBound.Exact, end - offset),
            Entries = entries,
            HasMicrocode = microcode,
            IsBroken = isBroken,
        };
    }

    private static long SkipZeros(SlidingWindow window, long offset, long end)
    {
        const int step = 1 << 12;
        while (offset < end)
        {
            int zeros = window.At(offset, step).Bytes.IndexOfAnyExcept((byte)0);
            if (zeros >= 0)
            {
                return offset + zeros;
            }

            offset += Math.Min(step, end - offset);
        }

        return offset;
    }
}
