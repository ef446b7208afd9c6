using System.Buffers.Binary;
using Baton.Bytes;

namespace Baton.Formats.Compression;

/// <summary>
/// The index at the end of an .xz stream: the sizes of its blocks. Specification: The .xz File Format, sections 2.1.2
/// and 4.
/// </summary>
internal static class XzIndex
{
    private const int FooterSize = 12;
    private const int HeaderSize = 12;
    private const int PaddingUnit = 4;

    /// <summary>Bytes in which padding is looked for: at first, and once there is some.</summary>
    private const int FirstStep = 64;
    private const int LongestStep = 1 << 16;

    /// <summary>An index longer than this is not read; it would take millions of blocks.</summary>
    private const int LongestIndex = 1 << 20;

    /// <summary>Goes from stream to stream, backwards, until the first byte is reached.</summary>
    public static UnpackedSize? Estimate(IByteSource source)
    {
        long end = source.Length;
        long total = 0;
        while (end > 0)
        {
            end = SkipPadding(source, end);
            if (end < HeaderSize + FooterSize)
            {
                return null;
            }

            ReadOnlySpan<byte> footer = source.Window(end - FooterSize, FooterSize).Bytes;
            long indexLength = (BinaryPrimitives.ReadUInt32LittleEndian(footer[4..]) + 1L) * 4;
            long indexStart = end - FooterSize - indexLength;
            if (footer[10] != 'Y' || footer[11] != 'Z' || indexLength > LongestIndex || indexStart < HeaderSize)
            {
                return null;
            }

            if (Read(source.Window(indexStart, (int)indexLength).Bytes) is not { } sizes
                || sizes.Packed > indexStart - HeaderSize || sizes.Unpacked > long.MaxValue - total)
            {
                return null;
            }

            total += sizes.Unpacked;
            end = indexStart - sizes.Packed - HeaderSize;
        }

        return new UnpackedSize(total, SizeBound.Exact, source.Length);
    }

    /// <summary>Padding is zeros, four by four; windows grow with it, since most streams have none.</summary>
    private static long SkipPadding(IByteSource source, long end)
    {
        int step = FirstStep;
        while (end >= PaddingUnit)
        {
            int length = (int)Math.Min(step, end);
            int kept = source.Window(end - length, length).Bytes.LastIndexOfAnyExcept((byte)0) + 1;
            int zeros = (length - kept) & ~(PaddingUnit - 1);
            end -= zeros;
            if (zeros < length)
            {
                break;
            }

            step = LongestStep;
        }

        return end;
    }

    private static (long Packed, long Unpacked)? Read(ReadOnlySpan<byte> index)
    {
        if (index[0] != 0)
        {
            return null;
        }

        int offset = 1;
        if (Number(index, ref offset) is not { } records || records > index.Length)
        {
            return null;
        }

        long packed = 0;
        long unpacked = 0;
        for (long i = 0; i < records; i++)
        {
            if (Number(index, ref offset) is not { } unpadded || Number(index, ref offset) is not { } size
                || unpadded > long.MaxValue / 2 - packed - 3 || size > long.MaxValue - unpacked)
            {
                return null;
            }

            packed += (unpadded + 3) & ~3L;
            unpacked += size;
        }

        return (packed, unpacked);
    }

    /// <summary>A number of seven bits a byte, the lowest first; null when it is cut off or too large.</summary>
    private static long? Number(ReadOnlySpan<byte> bytes, ref int offset)
    {
        long value = 0;
        for (int shift = 0; shift < 63 && offset < bytes.Length; shift += 7)
        {
            byte next = bytes[offset++];
            value |= (long)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        return null;
    }
}
