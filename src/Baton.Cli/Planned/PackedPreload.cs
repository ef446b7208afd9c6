using Baton.Bytes;
using Baton.Compression;
using Baton.Formats.Compression;
using Baton.Protocols.FreeBsd;

namespace Baton.Cli.Planned;

/// <summary>
/// Modules and memory disks that are compressed: a kernel takes them only as they are, so the loader unpacks them, as
/// FreeBSD's does with <c>NAME.gz</c>.
/// </summary>
internal static class PackedPreload
{
    /// <summary>What a file's name ends in when it is such a file.</summary>
    public const string Suffix = ".gz";

    private static readonly string[] Suffixes = [Suffix, ".bz2", ".xz", ".zst", ".lz4"];

    /// <summary>The bytes that are meant: unpacked where the name says that they are packed and the bytes do too.</summary>
    /// <exception cref="ImageFormatException">They cannot be unpacked.</exception>
    public static IByteSource Unpack(IByteSource file)
    {
        CompressionKind kind = CompressionProbe.Probe(file.Window(0, (int)Math.Min(file.Length, CompressionProbe.HeadLength)));
        return kind == CompressionKind.None || NameOf(file.Name) == file.Name
            ? file
            : new ArraySource(new Codecs().Unpack(kind, file, (long)DestinationSpace.Limit), $"{file.Name}: unpacked");
    }

    /// <summary>The name without what says that it is packed.</summary>
    public static string NameOf(string path) =>
        Suffixes.FirstOrDefault(suffix => path.EndsWith(suffix, StringComparison.Ordinal)) is { } suffix
            ? path[..^suffix.Length]
            : path;
}
