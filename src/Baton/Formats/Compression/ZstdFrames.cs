using System.Buffers.Binary;
using Baton.Bytes;

namespace Baton.Formats.Compression;

/// <summary>
/// The frames of a zstd stream, from header to header: a frame may say its size, and each block bounds it.
/// Specification: RFC 8878, section 3.1.
/// </summary>
internal static class ZstdFrames
{
    private const uint Magic = 0xfd2f_b528;
    private const uint SkippableMagic = 0x184d_2a50;
    private const int LongestBlock = 128 << 10;

    /// <summary>Bytes read around a block's header: few, so that the blocks themselves stay unread.</summary>
    private const int HeaderWindow = 512;

    public static UnpackedSize? Estimate(IByteSource source)
    {
        SlidingWindow window = new(source, HeaderWindow);
        long offset = 0;
        UnpackedSize total = new(0, SizeBound.Exact);
        while (source.Length - offset >= 8)
        {
            ReadOnlySpan<byte> head = window.At(offset, 8).Bytes;
            uint magic = BinaryPrimitives.ReadUInt32LittleEndian(head);
            if ((magic & ~0xfu) == SkippableMagic)
            {
                offset += 8L + BinaryPrimitives.ReadUInt32LittleEndian(head[4..]);
                continue;
            }

            if (magic != Magic)
            {
                break;
            }

            if (Frame(window, offset, source.Length) is not { } frame
                || frame.Bytes > long.MaxValue - total.Bytes)
            {
                return null;
            }

            offset += frame.PackedLength ?? 0;
            total = new UnpackedSize(
                total.Bytes + frame.Bytes, total.IsExact && frame.IsExact ? SizeBound.Exact : SizeBound.AtMost);
        }

        return offset == 0 || offset > source.Length ? null : total with { PackedLength = offset };
    }

    private static UnpackedSize? Frame(SlidingWindow window, long start, long end)
    {
        ByteView head = window.At(start, 18);
        byte descriptor = head.Bytes[4];
        bool single = (descriptor & 0x20) != 0;
        int dictionaryId = (descriptor & 3) switch { 0 => 0, 1 => 1, 2 => 2, _ => 4 };
        int sizeBytes = (descriptor >> 6) switch { 0 => single ? 1 : 0, 1 => 2, 2 => 4, _ => 8 };
        int sizeOffset = 5 + (single ? 0 : 1) + dictionaryId;
        if (sizeOffset + sizeBytes > head.Length)
        {
            return null;
        }

        ulong? declared = sizeBytes == 0
            ? null
            : new DeclaredField("Frame_Content_Size", sizeOffset, sizeBytes, 0).Read(head)
                + (sizeBytes == 2 ? 256u : 0);
        if (declared > long.MaxValue)
        {
            return null;
        }

        long offset = start + sizeOffset + sizeBytes;
        long bound = 0;
        bool exact = true;
        for (bool last = false; !last;)
        {
            if (end - offset < 3)
            {
                return null;
            }

            ReadOnlySpan<byte> block = window.At(offset, 3).Bytes;
            int header = block[0] | (block[1] << 8) | (block[2] << 16);
            last = (header & 1) != 0;
            int type = (header >> 1) & 3;
            int size = header >> 3;
            if (type == 3)
            {
                return null;
            }

            // Raw and repeated blocks give their unpacked size; a compressed one is bounded.
            bound += type == 2 ? LongestBlock : size;
            exact &= type != 2;
            offset += 3 + (type == 1 ? 1 : size);
        }

        offset += (descriptor & 4) != 0 ? 4 : 0;
        return offset > end || declared > (ulong)bound
            ? null
            : new UnpackedSize(
                declared is { } known ? (long)known : bound,
                declared is not null || exact ? SizeBound.Exact : SizeBound.AtMost,
                offset - start);
    }
}
