using System.Buffers.Binary;
using Baton.Bytes;

namespace Baton.Formats.Compression;

/// <summary>Finds out how much a compressed stream will unpack to, from its own records and without unpacking it.</summary>
public static class UnpackedSizeProbe
{
    /// <summary>Deflate makes at most 1032 bytes out of one.</summary>
    private const long DeflateRatio = 1032;

    /// <summary>Bytes read around a block's header: few, so that the blocks themselves stay unread.</summary>
    private const int HeaderWindow = 512;

    /// <summary>Reads what the stream says of itself.</summary>
    /// <param name="source">From the stream's first byte to its last, or to that of the file.</param>
    /// <param name="kind">What <see cref="CompressionProbe"/> said.</param>
    /// <returns>Null when the format does not say, or what it says cannot be true.</returns>
    /// <exception cref="ImageFormatException">The source changed while it was read.</exception>
    public static UnpackedSize? Estimate(IByteSource source, CompressionKind kind)
    {
        ArgumentNullException.ThrowIfNull(source);
        return kind switch
        {
            CompressionKind.Gzip => Gzip(source),
            CompressionKind.Xz => XzIndex.Estimate(source),
            CompressionKind.Zstd => ZstdFrames.Estimate(source),
            CompressionKind.Lz4Frame => Lz4Frames.Estimate(source),
            CompressionKind.Lz4Legacy => Lz4Blocks(source),
            CompressionKind.Lzma => Lzma(source),
            _ => null,
        };
    }

    /// <summary>
    /// The last four bytes of a gzip member are its unpacked length, modulo 2^32. Other members may come before it, and only
    /// unpacking tells where they end.
    /// </summary>
    private static UnpackedSize? Gzip(IByteSource source)
    {
        if (source.Length is < 18 or > uint.MaxValue)
        {
            return null;
        }

        long size = BinaryPrimitives.ReadUInt32LittleEndian(source.Window(source.Length - 4, 4).Bytes);

        // What cannot be: so many bytes out of so few, or so few out of so many: padding, or members before it.
        bool tooSmall = size + (size / 1000) + 1024 < source.Length;
        return tooSmall || size > source.Length * DeflateRatio ? null : new UnpackedSize(size, SizeBound.AtLeast);
    }

    /// <summary>Properties, dictionary size, and eight bytes of unpacked length, all ones when it is not known.</summary>
    private static UnpackedSize? Lzma(IByteSource source)
    {
        if (source.Length < 13)
        {
            return null;
        }

        ulong size = BinaryPrimitives.ReadUInt64LittleEndian(source.Window(5, 8).Bytes);
        return size > long.MaxValue ? null : new UnpackedSize((long)size, SizeBound.Exact);
    }

    /// <summary>Every block but the last is full, so the number of blocks gives a bound.</summary>
    private static UnpackedSize? Lz4Blocks(IByteSource source)
    {
        SlidingWindow window = new(source, HeaderWindow);
        long offset = 4;
        long bytes = 0;
        while (source.Length - offset >= 4)
        {
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(window.At(offset, 4).Bytes);
            if (size == 0 || size > Lz4Legacy.LongestPackedBlock || size > source.Length - offset - 4)
            {
                break;
            }

            // One packed byte stands for at most 255 others.
            bytes += Math.Min(Lz4Legacy.BlockSize, size * 255L);
            offset += 4 + size;
        }

        return bytes == 0 ? null : new UnpackedSize(bytes, SizeBound.AtMost, offset);
    }
}
