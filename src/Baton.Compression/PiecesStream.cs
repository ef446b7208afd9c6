using System.Buffers.Binary;
using Baton.Bytes;
using Baton.Formats.Compression;

namespace Baton.Compression;

/// <summary>
/// All that is in a compressed file, piece by piece, each in whatever format it has: Linux unpacks an initramfs in this way.
/// Zeros between pieces and behind the last are passed over, and frames that are to be skipped (of zstd and lz4; RFC 8878,
/// 3.1.2). Anything else is an error: half of a file must not be taken for all of it.
/// </summary>
/// <param name="input">The file, at its first byte.</param>
/// <param name="decoderOf">Makes a format's decoder of the input; null for a format that has none.</param>
/// <param name="rules">The name for errors, and how much may come out.</param>
internal sealed class PiecesStream(PackedInput input, Func<CompressionKind, IDecoder?> decoderOf, UnpackRules rules)
    : ForwardStream
{
    private const int SkippableHead = 8;
    private const uint SkippableMagic = 0x184d_2a50;
    private const uint SkippableMask = 0xffff_fff0;

    private IDecoder? _decoder;
    private long _produced;
    private bool _ended;

    public override int Read(Span<byte> buffer)
    {
        while (!buffer.IsEmpty && !_ended)
        {
            _decoder ??= Next();
            int read = _decoder?.Read(buffer) ?? 0;
            if (read > 0)
            {
                _produced += read;
                return _produced <= rules.Limit
                    ? read
                    : throw input.Fault($"more than the {rules.Limit} bytes that are allowed come out");
            }

            _ended = _decoder is null;
            if (_decoder?.StartNext() == false)
            {
                _decoder.Dispose();
                _decoder = null;
            }
        }

        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _decoder?.Dispose();
            input.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Finds the next piece.</summary>
    /// <returns>Its decoder; null at the end.</returns>
    private IDecoder? Next()
    {
        bool isFirst = input.Position == 0;
        while (SkipZeros(isFirst) || SkipFrame())
        {
        }

        if (!isFirst && !input.Fill())
        {
            return null;
        }

        input.Fill(CompressionProbe.HeadLength);
        CompressionKind kind = CompressionProbe.Probe(input.Available);
        if (kind != CompressionKind.None && decoderOf(kind) is { } decoder)
        {
            return decoder;
        }

        throw new ImageFormatException(
            ImageError.UnknownFormat,
            new ImageLocation(rules.Name, input.Position, "compression"),
            (kind == CompressionKind.None
                ? "what begins here is not compressed by anything known"
                : $"{CompressionProbe.NameOf(kind)} cannot be unpacked by this program")
            + "; leave --decompress out, Linux unpacks initrds by itself");
    }

    private bool SkipZeros(bool isFirst)
    {
        if (isFirst || !input.Fill() || input.Available[0] != 0)
        {
            return false;
        }

        int zeros = input.Available.IndexOfAnyExcept((byte)0);
        input.Consume(zeros < 0 ? input.Available.Length : zeros);
        return true;
    }

    private bool SkipFrame()
    {
        if (!input.Fill(SkippableHead)
            || (BinaryPrimitives.ReadUInt32LittleEndian(input.Available) & SkippableMask) != SkippableMagic)
        {
            return false;
        }

        long left = BinaryPrimitives.ReadUInt32LittleEndian(input.Available[sizeof(uint)..]);
        input.Consume(SkippableHead);
        while (left > 0)
        {
            if (!input.Fill())
            {
                throw input.Truncated();
            }

            int count = (int)Math.Min(left, input.Available.Length);
            input.Consume(count);
            left -= count;
        }

        return true;
    }
}
