using Baton.Bytes;

namespace Baton.Formats.Compression;

/// <summary>Tells compressed formats by their first bytes.</summary>
public static class CompressionProbe
{
    /// <summary>As many bytes as the longest magic number has.</summary>
    public const int HeadLength = 13;

    /// <summary>What the bytes start like; <see cref="CompressionKind.None"/> for all else.</summary>
    public static CompressionKind Probe(ByteView head) => Probe(head.Bytes);

    /// <inheritdoc cref="Probe(ByteView)"/>
    public static CompressionKind Probe(ReadOnlySpan<byte> head) => head switch
    {
        [0x1f, 0x8b, 0x08, ..] => CompressionKind.Gzip,
        [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0, ..] => CompressionKind.Xz,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => CompressionKind.Zstd,
        [0x02, 0x21, 0x4c, 0x18, ..] => CompressionKind.Lz4Legacy,
        [0x04, 0x22, 0x4d, 0x18, ..] => CompressionKind.Lz4Frame,

        // A property byte and a dictionary of at least 64 KiB: no magic number, but what Linux goes by as well.
        [0x5d, 0, 0, _, ..] => CompressionKind.Lzma,
        [(byte)'B', (byte)'Z', (byte)'h', >= (byte)'1' and <= (byte)'9', ..] => CompressionKind.Bzip2,
        [0x89, (byte)'L', (byte)'Z', (byte)'O', 0, ..] => CompressionKind.Lzo,
        _ => CompressionKind.None,
    };

    /// <summary>The format as people call it.</summary>
    public static string NameOf(CompressionKind kind) => kind switch
    {
        CompressionKind.Gzip => "gzip",
        CompressionKind.Xz => "xz",
        CompressionKind.Zstd => "zstd",
        CompressionKind.Lz4Legacy => "lz4 (legacy)",
        CompressionKind.Lz4Frame => "lz4 (frame)",
        CompressionKind.Lzma => "lzma",
        CompressionKind.Bzip2 => "bzip2",
        CompressionKind.Lzo => "lzo",
        _ => "none",
    };
}
