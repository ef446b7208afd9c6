using System.Buffers.Binary;
using Baton.Bytes;

namespace Baton.Formats.Compression;

/// <summary>An LZ4 frame, from block to block. Specification: lz4_Frame_format.md.</summary>
internal static class Lz4Frames
{
    /// <summary>Bytes read around a block's header: few, so that the blocks themselves stay unread.</summary>
    private const int HeaderWindow = 512;

    public static UnpackedSize? Estimate(IByteSource source)
    {
        if (source.Length < 15)
        {
            return null;
        }

        SlidingWindow window = new(source, HeaderWindow);
        ReadOnlySpan<byte> head = window.At(0, 15).Bytes;
        byte flags = head[4];
        int maximum = (head[5] >> 4) & 7;
        if (flags >> 6 != 1 || maximum < 4)
        {
            return null;
        }

        bool hasSize = (flags & 8) != 0;
        bool blockChecksum = (flags & 0x10) != 0;
        ulong declared = hasSize ? BinaryPrimitives.ReadUInt64LittleEndian(head[6..]) : 0;
        if (declared > long.MaxValue)
        {
            return null;
        }

        long blockSize = 1L << (8 + (2 * maximum));
        long offset = 7 + (hasSize ? 8 : 0) + ((flags & 1) != 0 ? 4 : 0);
        long bound = 0;
        while (source.Length - offset >= 4)
        {
            uint header = BinaryPrimitives.ReadUInt32LittleEndian(window.At(offset, 4).Bytes);
            offset += 4;
            if (header == 0)
            {
                offset += (flags & 4) != 0 ? 4 : 0;
                if (hasSize && declared > (ulong)bound)
                {
                    return null;
                }

                return new UnpackedSize(
                    hasSize ? (long)declared : bound, hasSize ? SizeBound.Exact : SizeBound.AtMost, offset);
            }

            // The top bit marks a block that is stored as it is.
            long size = header & 0x7fff_ffff;
            bound += header >> 31 != 0 ? size : blockSize;
            offset += size + (blockChecksum ? 4 : 0);
        }

        return null;
    }
}
