namespace Baton.Formats.Compression;

/// <summary>How bytes are compressed, by the formats that Linux kernels and initrds come in.</summary>
public enum CompressionKind
{
    /// <summary>Not, or in no format that is known here.</summary>
    None,

    /// <summary>RFC 1952.</summary>
    Gzip,

    /// <summary>The .xz format.</summary>
    Xz,

    /// <summary>RFC 8878.</summary>
    Zstd,

    /// <summary>The block format that Linux uses: <c>lz4 -l</c>.</summary>
    Lz4Legacy,

    /// <summary>The LZ4 frame format, which Linux does not unpack.</summary>
    Lz4Frame,

    /// <summary>The older .lzma format: <c>lzma_alone</c>.</summary>
    Lzma,

    /// <summary>bzip2.</summary>
    Bzip2,

    /// <summary>The format of lzop.</summary>
    Lzo,
}
