using Baton.Bytes;
using Baton.Formats.Compression;
using Baton.Handoffs;

namespace Baton.Formats.Initramfs;

/// <summary>A compressed archive of an initrd, and what keeps Linux from unpacking it.</summary>
internal static class CompressedArchive
{
    /// <summary>
    /// The second of an xz stream's flags, which names its check. Specification: The .xz File Format, section 2.1.1.2.
    /// </summary>
    private const int XzCheck = 7;

    /// <summary>Reads what a compressed archive says of itself.</summary>
    /// <param name="source">The file.</param>
    /// <param name="offset">The archive's first byte.</param>
    /// <param name="head">As many bytes as <see cref="CompressionProbe"/> looks at; fewer at the file's end.</param>
    /// <param name="findings">What was noticed goes there.</param>
    /// <returns>Null when the bytes are not compressed by anything known.</returns>
    public static InitrdArchive? Read(IByteSource source, long offset, ByteView head, List<Finding> findings)
    {
        CompressionKind kind = CompressionProbe.Probe(head);
        if (kind is CompressionKind.None)
        {
            findings.Add(new Finding(
                Severity.Warning,
                "initrd-unknown-format",
                $"{source.Name}: at 0x{offset:x} is neither a cpio archive nor anything compressed "
                + $"(found {Convert.ToHexStringLower(head.Bytes[..Math.Min(8, head.Length)])}); "
                + "Linux stops unpacking here."));
            return null;
        }

        if (kind is CompressionKind.Lz4Frame)
        {
            findings.Add(new Finding(
                Severity.Warning,
                "initrd-lz4-frame",
                $"{source.Name}: at 0x{offset:x} is an LZ4 frame; Linux unpacks only the legacy format, "
                + "which lz4 -l makes."));
        }

        if (kind is CompressionKind.Xz && head.Length > XzCheck && (head.Bytes[XzCheck] & 0xf) is > 1 and var check)
        {
            findings.Add(new Finding(
                Severity.Warning,
                "initrd-xz-check",
                $"{source.Name}: the xz stream at 0x{offset:x} has the check {NameOf(check)}; Linux unpacks only those with "
                + "CRC32 or none: make it with xz --check=crc32, or load it with --decompress."));
        }

        UnpackedSize? unpacked = UnpackedSizeProbe.Estimate(
            new SourceSlice(source, offset, source.Length - offset, source.Name), kind);
        return new InitrdArchive
        {
            Offset = offset,
            Length = unpacked?.PackedLength ?? source.Length - offset,
            Compression = kind,
            Unpacked = unpacked,
        };
    }

    private static string NameOf(int check) => check switch
    {
        4 => "CRC64",
        10 => "SHA-256",
        _ => $"{check}",
    };
}
