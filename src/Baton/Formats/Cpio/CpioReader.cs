using Baton.Bytes;
using Baton.Formats.Compression;

namespace Baton.Formats.Cpio;

/// <summary>
/// Walks a "newc" cpio archive from header to header; data are passed over, not read. Specification: Linux,
/// Documentation/driver-api/early-userspace/buffer-format.rst.
/// </summary>
public static class CpioReader
{
    /// <summary>Whether an entry of an archive that Linux reads starts here.</summary>
    public static bool Matches(ByteView head) =>
        head.Length >= CpioFields.Magic.Length && IsMagic(head.Bytes[..CpioFields.Magic.Length]);

    /// <summary>The entries of one archive, the trailer among them, as they are asked for.</summary>
    /// <param name="source">The file.</param>
    /// <param name="start">Offset of the first header, a multiple of four: so Linux wants it.</param>
    /// <returns>
    /// Without a trailer the entries just end, with the file, or where zeros or something compressed follow; Linux takes such
    /// an archive too.
    /// </returns>
    /// <exception cref="ImageFormatException">An entry is truncated, or its header is not one.</exception>
    public static IEnumerable<CpioEntry> Entries(IByteSource source, long start = 0)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfNotEqual(start, CpioFields.Align(start));
        return Walk(source, start);
    }

    private static IEnumerable<CpioEntry> Walk(IByteSource source, long start)
    {
        SlidingWindow window = new(source, 2 * CpioFields.PathMax);
        long offset = start;
        while (offset < source.Length)
        {
            // Any entry may be the last: Linux looks for the next archive behind each.
            if (offset > start && IsBeyond(window.At(offset, CompressionProbe.HeadLength)))
            {
                yield break;
            }

            CpioEntry entry = ReadEntry(source, window, offset);
            yield return entry;
            if (entry.IsTrailer)
            {
                yield break;
            }

            // The last entry's padding may be missing.
            offset = Math.Min(entry.End, source.Length);
        }
    }

    private static bool IsBeyond(ByteView head) =>
        head.Bytes[0] == 0 || CompressionProbe.Probe(head) != CompressionKind.None;

    private static CpioEntry ReadEntry(IByteSource source, SlidingWindow window, long offset)
    {
        ByteView header = window.At(offset, CpioFields.HeaderSize);
        ReadOnlySpan<byte> magic = header.Take(0, CpioFields.Magic.Length, CpioFields.Magic.Name);
        if (!IsMagic(magic))
        {
            bool old = magic.SequenceEqual("070707"u8);
            throw header.Fault(
                old ? ImageError.UnsupportedVersion : ImageError.BadMagic,
                0,
                CpioFields.Magic.Name,
                $"found \"{PrintableText.Of(magic)}\", expected {CpioFields.NewcMagic}"
                + (old ? ": an archive of the old format, which Linux refuses (cpio -H newc makes the right one)" : ""));
        }

        uint nameSize = CpioFields.Namesize.Read(header);
        uint size = CpioFields.Filesize.Read(header);
        uint mode = CpioFields.Mode.Read(header);
        CpioEntry entry = new()
        {
            Name = "",
            IsSkipped = nameSize is 0 or > CpioFields.PathMax,
            Mode = mode,
            Ino = CpioFields.Ino.Read(header),
            Uid = CpioFields.Uid.Read(header),
            Gid = CpioFields.Gid.Read(header),
            Nlink = CpioFields.Nlink.Read(header),
            Mtime = CpioFields.Mtime.Read(header),
            RdevMajor = CpioFields.RdevMajor.Read(header),
            RdevMinor = CpioFields.RdevMinor.Read(header),
            Offset = offset,
            DataOffset = CpioFields.Align(offset + CpioFields.HeaderSize + nameSize),
            Size = size,
        };
        if (!entry.IsSkipped)
        {
            entry = entry with { Name = ReadName(window.At(offset + CpioFields.HeaderSize, (int)nameSize), nameSize) };
        }

        if (!entry.IsTrailer && (entry.DataOffset > source.Length || size > source.Length - entry.DataOffset))
        {
            throw header.Fault(
                ImageError.Truncated,
                CpioFields.Filesize.Offset,
                CpioFields.Filesize.Name,
                $"{(entry.IsSkipped ? "an entry that Linux skips" : entry.Name)} has {size} bytes from "
                + $"0x{entry.DataOffset:x}, the file ends at 0x{source.Length:x}");
        }

        return entry;
    }

    private static string ReadName(ByteView name, uint size)
    {
        ReadOnlySpan<byte> bytes = name.Take(0, size, "name");
        int end = bytes.IndexOf((byte)0);
        return end >= 0
            ? PrintableText.Of(bytes[..end])
            : throw name.Fault(ImageError.Inconsistent, 0, "name", $"no NUL in the {size} bytes of the name");
    }

    private static bool IsMagic(ReadOnlySpan<byte> magic) =>
        magic.SequenceEqual("070701"u8) || magic.SequenceEqual("070702"u8);
}
