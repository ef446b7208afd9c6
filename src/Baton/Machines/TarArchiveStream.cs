using System.Buffers.Binary;
using System.Formats.Tar;
using Baton.Bytes;

namespace Baton.Machines;

/// <summary>
/// An archive in memory as the base library's reader gets it. What it announces in extended headers (pax's x and g, GNU's L
/// and K) the reader makes room for before it looks whether it is there; here such a header is refused as it is read.
/// </summary>
internal sealed class TarArchiveStream : MemoryStream
{
    /// <summary>Bytes of a header, and of the units that an archive is made of.</summary>
    private const int BlockLength = 512;

    private const int SizeOffset = 124;
    private const int SizeLength = 12;
    private const int TypeOffset = 156;

    private readonly byte[] _archive;
    private readonly string _name;
    private bool _isInHeaders;

    /// <param name="archive">The archive, unpacked.</param>
    /// <param name="name">The archive's name, for errors.</param>
    public TarArchiveStream(byte[] archive, string name)
        : base(archive, writable: false)
    {
        _archive = archive;
        _name = name;
    }

    /// <summary>The reader's next entry; null at the archive's end.</summary>
    /// <exception cref="ImageFormatException">An extended header announces more than the archive has left.</exception>
    public TarEntry? ReadHeaders(TarReader reader)
    {
        _isInHeaders = true;
        TarEntry? entry = reader.GetNextEntry();
        _isInHeaders = false;
        return entry;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        int start = (int)Math.Min(Position, _archive.Length);
        ReadOnlySpan<byte> bytes = _archive.AsSpan(start, Math.Min(buffer.Length, _archive.Length - start));
        if (_isInHeaders && bytes.Length == BlockLength && start % BlockLength == 0)
        {
            Check(bytes, start);
        }

        bytes.CopyTo(buffer);
        Position = start + bytes.Length;
        return bytes.Length;
    }

    private void Check(ReadOnlySpan<byte> header, int start)
    {
        ulong left = (ulong)(_archive.Length - start - BlockLength);
        char type = (char)header[TypeOffset];
        if (type is 'x' or 'g' or 'L' or 'K' && SizeOf(header.Slice(SizeOffset, SizeLength)) is { } size && size > left)
        {
            throw new ImageFormatException(
                ImageError.Truncated,
                new ImageLocation(_name, start + SizeOffset, "size"),
                $"the header of type {type} announces {size} bytes, {left} are left in the archive");
        }
    }

    /// <summary>
    /// Octal digits, or a number of 96 bits behind a first byte that is no character; null for what is neither, which the
    /// reader refuses by itself.
    /// </summary>
    private static ulong? SizeOf(ReadOnlySpan<byte> field)
    {
        if (field[0] >= 0x80)
        {
            return field[1..4].ContainsAnyExcept((byte)0) ? ulong.MaxValue : BinaryPrimitives.ReadUInt64BigEndian(field[4..]);
        }

        ulong size = 0;
        foreach (byte digit in field.Trim(" \0"u8))
        {
            if (digit is < (byte)'0' or > (byte)'7')
            {
                return null;
            }

            size = (size * 8) + (ulong)(digit - '0');
        }

        return size;
    }
}
