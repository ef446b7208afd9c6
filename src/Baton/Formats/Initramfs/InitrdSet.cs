using Baton.Bytes;
using Baton.Formats.Compression;
using Baton.Handoffs;

namespace Baton.Formats.Initramfs;

/// <summary>
/// Several initrd files joined to the one that Linux is given. Each starts at a page, so that a carrier can map every
/// file; Linux skips the zeros between them.
/// </summary>
public sealed class InitrdSet
{
    /// <summary>Files start at multiples of this many bytes.</summary>
    public const int Alignment = 4096;

    private InitrdSet(
        IReadOnlyList<InitrdFile> files, IReadOnlyList<long> starts, SegmentContent content, IReadOnlyList<Finding> findings)
    {
        Files = files;
        Starts = starts;
        Content = content;
        Findings = findings;
    }

    public IReadOnlyList<InitrdFile> Files { get; }

    /// <summary>Where each file's first byte is in the content; where the next one begins for a file that is empty.</summary>
    public IReadOnlyList<long> Starts { get; }

    /// <summary>The bytes, by reference to the files.</summary>
    public SegmentContent Content { get; }

    /// <summary>Bytes from the first to the last: what <c>ramdisk_size</c> says.</summary>
    public long Length => Content.Length;

    public IReadOnlyList<Finding> Findings { get; }

    /// <summary>Bytes of memory that the unpacked files take, an estimate; null when an archive does not tell.</summary>
    public UnpackedSize? UnpackedSizeEstimate => UnpackedSize.Sum(Files.Select(file => file.UnpackedSizeEstimate));

    /// <summary>Joins files in the given order, without reading their data.</summary>
    /// <exception cref="ImageFormatException"><see cref="ImageError.Changed"/>: a file became shorter.</exception>
    public static InitrdSet Open(IReadOnlyList<IByteSource> sources)
    {
        ArgumentNullException.ThrowIfNull(sources);
        List<InitrdFile> files = [];
        List<long> starts = [];
        List<ContentPart> parts = [];
        List<Finding> findings = [];
        long end = 0;
        long? lz4End = null;
        foreach (IByteSource source in sources)
        {
            InitrdFile file = InitrdFile.Open(source);
            findings.AddRange(file.Findings);
            if (files.Count > 0)
            {
                CheckOrder(file, files, findings);
            }

            files.Add(file);
            long start = (end + Alignment - 1) & ~(Alignment - 1L);
            if (lz4End is { } behind && start - behind < Lz4Legacy.EndLength)
            {
                // Too few zeros end the lz4 archive before it: Linux would take this file for a block of that.
                start += Alignment;
            }

            starts.Add(start);
            if (source.Length > 0)
            {
                parts.Add(new ContentPart(start, source, 0, source.Length));
                end = start + source.Length;
            }

            if (file.Archives is [.., var last])
            {
                lz4End = last.Compression == CompressionKind.Lz4Legacy ? start + last.End : null;
            }
        }

        return new InitrdSet(files, starts, new SegmentContent(parts), findings);
    }

    private static void CheckOrder(InitrdFile file, List<InitrdFile> before, List<Finding> findings)
    {
        if (before.Find(earlier => !earlier.IsPlain) is { } obstacle && file.Archives
            .TakeWhile(archive => archive.Compression == CompressionKind.None).Any(archive => archive.HasMicrocode))
        {
            findings.Add(new Finding(
                Severity.Warning,
                "microcode-not-first",
                $"{file.Source.Name} holds microcode, and must come before {obstacle.Source.Name}: Linux looks for it only in "
                + "the plain archives at the start."));
        }

        // Nothing marks the end of the legacy LZ4 format: Linux takes zeros for the size of an empty block, and stops.
        InitrdFile previous = before[^1];
        if (previous.Archives is [.., { Compression: CompressionKind.Lz4Legacy }])
        {
            findings.Add(new Finding(
                Severity.Note,
                "initrd-lz4-joined",
                $"{previous.Source.Name} ends with an lz4 archive; older kernels cannot find what follows it."));
        }
    }
}
