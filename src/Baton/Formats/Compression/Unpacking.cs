using Baton.Bytes;

namespace Baton.Formats.Compression;

/// <summary>Unpacking a source with the codecs that are there.</summary>
public static class Unpacking
{
    /// <summary>Opens a stream of the unpacked bytes.</summary>
    /// <exception cref="ImageFormatException">
    /// <see cref="ImageError.BadCompression"/>: no codec, or it refuses the bytes. Reading raises the same, and
    /// <see cref="ImageError.Truncated"/>.
    /// </exception>
    public static Stream OpenUnpacked(this ICodecs codecs, CompressionKind kind, IByteSource packed, long limit)
    {
        ArgumentNullException.ThrowIfNull(codecs);
        ArgumentNullException.ThrowIfNull(packed);
        ICodec codec = codecs.Find(kind) ?? throw new ImageFormatException(
            ImageError.BadCompression,
            new ImageLocation(packed.Name, 0, "compression"),
            $"{CompressionProbe.NameOf(kind)}: no codec in this build");
        return codec.Open(new SourceStream(packed), new UnpackRules(packed.Name, limit));
    }
}
