using Baton.Bytes;
using Baton.Compression.Native;
using Baton.Formats.Compression;

namespace Baton.Compression;

/// <summary>
/// The codecs of this build: gzip by zlib, xz and lzma by liblzma, zstd by libzstd, lz4 by liblz4. bzip2 and lzo have
/// none: hardly a kernel uses them.
/// </summary>
public sealed class Codecs : ICodecs
{
    public ICodec? Find(CompressionKind kind) =>
        kind is CompressionKind.Gzip or CompressionKind.Xz or CompressionKind.Lzma or CompressionKind.Zstd
            or CompressionKind.Lz4Frame or CompressionKind.Lz4Legacy
            ? new Codec(kind)
            : null;

    /// <summary>
    /// Opens a stream that unpacks a whole file while it is read, whatever formats follow one another in it, with zeros between
    /// them or behind the last.
    /// </summary>
    /// <param name="packed">The compressed bytes; disposed with the result.</param>
    /// <param name="rules">The name for errors, and how much may come out.</param>
    /// <exception cref="ImageFormatException">
    /// On reading: what those of <see cref="ICodec.Open"/> throw, and <see cref="ImageError.UnknownFormat"/> for what is not
    /// compressed by anything that this build can unpack.
    /// </exception>
    public static Stream OpenAll(Stream packed, UnpackRules rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        PackedInput input = new(packed, rules.Name, CompressionKind.None);
        PieceFinder pieces = new(input, kind => Decoder(kind, input), rules.Name);
        return new DecoderStream(input, null, pieces.Next, rules.Limit);
    }

    /// <summary>The decoder of a format; null when this build has none.</summary>
    private static IDecoder? Decoder(CompressionKind kind, PackedInput input)
    {
        input.Kind = kind;
        try
        {
            return kind switch
            {
                CompressionKind.Gzip => new GzipDecoder(input),
                CompressionKind.Xz or CompressionKind.Lzma => new LzmaDecoder(input, kind),
                CompressionKind.Zstd => new ZstdDecoder(input),
                CompressionKind.Lz4Frame => new Lz4FrameDecoder(input),
                CompressionKind.Lz4Legacy => new Lz4LegacyDecoder(input),
                _ => null,
            };
        }
        catch (DllNotFoundException e)
        {
            throw input.Fault($"the library of the codec is not installed: {e.Message}", e);
        }
    }

    private sealed class Codec(CompressionKind kind) : ICodec
    {
        public CompressionKind Kind => kind;

        public Stream Open(Stream packed, UnpackRules rules)
        {
            PackedInput input = new(packed, rules.Name, kind);
            try
            {
                return new DecoderStream(input, Decoder(kind, input)!, () => null, rules.Limit);
            }
            catch
            {
                input.Dispose();
                throw;
            }
        }
    }
}
