using Baton.Bytes;

namespace Baton.Formats.Cpio;

/// <summary>An entry of a cpio archive: its header, and where its data are.</summary>
public sealed record CpioEntry
{
    public required string Name { get; init; }

    /// <summary>Whether Linux passes over it, because its name is empty or too long; then it is not read here either.</summary>
    public bool IsSkipped { get; init; }

    /// <summary>Type and permission bits; see <see cref="CpioMode"/>.</summary>
    public required uint Mode { get; init; }

    public required uint Ino { get; init; }

    public required uint Uid { get; init; }

    public required uint Gid { get; init; }

    public required uint Nlink { get; init; }

    /// <summary>Seconds since 1970.</summary>
    public required uint Mtime { get; init; }

    public required uint RdevMajor { get; init; }

    public required uint RdevMinor { get; init; }

    /// <summary>Offset of the header in the source.</summary>
    public required long Offset { get; init; }

    /// <summary>Offset of the data in the source.</summary>
    public required long DataOffset { get; init; }

    /// <summary>Bytes of data: a file's content, a link's target.</summary>
    public required long Size { get; init; }

    /// <summary>First byte behind the data and their padding.</summary>
    public long End => CpioFields.Align(DataOffset + Size);

    /// <summary>Whether this is the entry that ends an archive.</summary>
    public bool IsTrailer => Name == CpioFields.Trailer;

    public bool IsFile => (Mode & CpioMode.TypeMask) == CpioMode.File;

    public bool IsDirectory => (Mode & CpioMode.TypeMask) == CpioMode.Directory;

    public bool IsSymlink => (Mode & CpioMode.TypeMask) == CpioMode.Symlink;

    /// <summary>The data, where they are.</summary>
    public IByteSource Data(IByteSource source) => new SourceSlice(source, DataOffset, Size, Name);
}
