using Baton.Formats.Compression;

namespace Baton.Formats.Initramfs;

/// <summary>One archive of an initrd file: a plain cpio archive, or a compressed one.</summary>
public sealed record InitrdArchive
{
    /// <summary>Offset of the first byte in the file.</summary>
    public required long Offset { get; init; }

    /// <summary>Bytes in the file, as far as that can be told; a gzip stream is taken to reach to the file's end.</summary>
    public required long Length { get; init; }

    /// <summary>First byte behind it in the file.</summary>
    public long End => Offset + Length;

    /// <summary><see cref="CompressionKind.None"/> for a plain archive.</summary>
    public required CompressionKind Compression { get; init; }

    /// <summary>Bytes that come out when Linux unpacks it; null when that is not known without doing so.</summary>
    public required UnpackedSize? Unpacked { get; init; }

    /// <summary>Number of entries without the trailer; null when compressed.</summary>
    public int? Entries { get; init; }

    /// <summary>Whether it carries microcode for the processor, which Linux looks for before it unpacks anything.</summary>
    public bool HasMicrocode { get; init; }

    /// <summary>Whether it ends with a defect; what follows in the file is counted to it.</summary>
    public bool IsBroken { get; init; }
}
