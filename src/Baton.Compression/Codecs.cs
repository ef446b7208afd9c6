using Baton.Compression.Native;
using Baton.Formats.Compression;

namespace Baton.Compression;

/// <summary>
/// The codecs of this build: gzip by zlib, xz and lzma by liblzma, zstd by libzstd, lz4 by liblz4. bzip2 and lzo have
/// none: hardly a kernel uses them.
/// </summary>
public sealed class Codecs : ICodecs
{
    public ICodec? Find(CompressionKind kind) => kind switch
    {
        CompressionKind.Gzip => new Codec(kind, input => new GzipDecoder(input)),
        CompressionKind.Xz or CompressionKind.Lzma => new Codec(kind, input => new LzmaDecoder(input, kind)),
        CompressionKind.Zstd => new Codec(kind, input => new ZstdDecoder(input)),
        CompressionKind.Lz4Frame => new Codec(kind, input => new Lz4FrameDecoder(input)),
        CompressionKind.Lz4Legacy => new Codec(kind, input => new Lz4LegacyDecoder(input)),
        _ => null,
    };

    private sealed class Codec(CompressionKind kind, Func<PackedInput, IDecoder> create) : ICodec
    {
        public CompressionKind Kind => kind;

        public Stream Open(Stream packed, UnpackRules rules)
        {
            PackedInput input = new(packed, rules.Name, kind);
            try
            {
                return new DecoderStream(input, create(input), rules.Limit);
            }
            catch (DllNotFoundException e)
            {
                input.Dispose();
                throw input.Fault($"the library of the codec is not installed: {e.Message}", e);
            }
            catch
            {
                input.Dispose();
                throw;
            }
        }
    }
}
