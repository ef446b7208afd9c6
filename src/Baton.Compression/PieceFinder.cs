using System.Buffers.Binary;
using Baton.Bytes;
using Baton.Formats.Compression;

namespace Baton.Compression;

/// <summary>
/// Finds all that is in a compressed file, piece by piece, each in whatever format it has: Linux unpacks an initramfs in this
/// way. Zeros between pieces and behind the last are passed over, and frames that are to be skipped (of zstd and lz4; RFC 8878,
/// 3.1.2). Anything else is an error: half of a file must not be taken for all of it.
/// </summary>
/// <param name="input">The file, at its first byte.</param>
/// <param name="decoderOf">Makes a format's decoder of the input; null for a format that has none.</param>
/// <param name="name">The file's name, for errors.</param>
internal sealed class PieceFinder(PackedInput input, Func<CompressionKind, IDecoder?> decoderOf, string name)
{
    private const int SkippableHead = 8;
    private const uint SkippableMagic = 0x184d_2a50;
    private const uint SkippableMask = 0xffff_fff0;

    /// <summary>Finds the next piece, behind the one that has been unpacked.</summary>
    /// <returns>Its decoder; null at the end.</returns>
    /// <exception cref="ImageFormatException">What follows is no piece, or ends within a frame.</exception>
    public IDecoder? Next()
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
            new ImageLocation(name, input.Position, "compression"),
            (kind == CompressionKind.None
                ? "what begins here is not compressed by anything known"
                : $"{CompressionProbe.NameOf(kind)} cannot be unpacked by this program")
            + ", expected gzip, xz, lzma, zstd or lz4; leave --decompress out: Linux unpacks an initrd by itself, "
            + "and a ramdisk is to be unpacked beforehand");
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
