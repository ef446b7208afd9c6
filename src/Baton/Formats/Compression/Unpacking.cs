using Baton.Bytes;

namespace Baton.Formats.Compression;

/// <summary>Unpacking a source with the codecs that are there.</summary>
public static class Unpacking
{
    /// <summary>So much room for one packed byte is taken at once; for more, as the bytes come.</summary>
    private const int BelievedRatio = 16;

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

    /// <summary>Unpacks all of it into memory.</summary>
    /// <param name="codecs">What unpacks.</param>
    /// <param name="kind">What <see cref="CompressionProbe"/> said.</param>
    /// <param name="packed">The packed bytes.</param>
    /// <param name="limit">The most bytes that may come out; at most what an array holds.</param>
    /// <exception cref="ImageFormatException">
    /// <see cref="ImageError.BadCompression"/>, also when more comes out, or <see cref="ImageError.Truncated"/>.
    /// </exception>
    public static byte[] Unpack(this ICodecs codecs, CompressionKind kind, IByteSource packed, long limit)
    {
        using Stream unpacked = codecs.OpenUnpacked(kind, packed, limit);
        long expected = UnpackedSizeProbe.Estimate(packed, kind) is { Bound: not SizeBound.AtMost } size ? size.Bytes : 0;

        // A stream that claims more than kernels ever pack to is not believed before the bytes are there.
        long room = Math.Min(packed.Length, Array.MaxLength / BelievedRatio) * BelievedRatio;
        using MemoryStream bytes = new((int)Math.Clamp(expected, 0, Math.Min(limit, room)));
        unpacked.CopyTo(bytes, 1 << 16);
        return bytes.Length == bytes.Capacity ? bytes.GetBuffer() : bytes.ToArray();
    }
}
