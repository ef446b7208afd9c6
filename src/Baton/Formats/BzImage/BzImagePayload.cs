using System.Buffers.Binary;
using Baton.Bytes;
using Baton.Formats.Compression;

namespace Baton.Formats.BzImage;

/// <summary>
/// The kernel proper, packed inside the protected-mode code. Specification: boot.rst, "payload_offset",
/// "payload_length".
/// </summary>
public sealed class BzImagePayload
{
    private readonly IByteSource _packed;

    private BzImagePayload(IByteSource packed)
    {
        _packed = packed;
    }

    /// <summary>Offset in the file, in bytes.</summary>
    public required long Offset { get; init; }

    /// <summary>Bytes of compressed data; the size that the build appends to most formats does not count.</summary>
    public long Length => _packed.Length;

    /// <summary><see cref="CompressionKind.None"/> when it is not compressed, or in a format not known here.</summary>
    public required CompressionKind Compression { get; init; }

    /// <summary>Bytes that come out, as the payload's last four say.</summary>
    public required uint UnpackedSize { get; init; }

    /// <summary>Finds the payload; null when the header does not say where it is.</summary>
    /// <exception cref="ImageFormatException"><see cref="ImageError.Changed"/>: the file became shorter.</exception>
    public static BzImagePayload? Find(BzImageFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        uint length = file.Header.PayloadLength;
        if (file.PayloadFileOffset is not { } offset || length < sizeof(uint)
            || offset + length > file.Source.Length)
        {
            return null;
        }

        CompressionKind kind = CompressionProbe.Probe(file.Source.Window(offset, CompressionProbe.HeadLength));
        ByteView trailer = file.Source.Window(offset + length - sizeof(uint), sizeof(uint));

        // gzip ends with the size by itself; to all else the kernel's build appends it.
        long packedLength = kind == CompressionKind.Gzip ? length : length - sizeof(uint);
        return new BzImagePayload(new SourceSlice(file.Source, offset, packedLength, $"{file.Source.Name}: payload"))
        {
            Offset = offset,
            Compression = kind,
            UnpackedSize = BinaryPrimitives.ReadUInt32LittleEndian(trailer.Bytes),
        };
    }

    /// <summary>Unpacks it: a vmlinux, followed by the table of its relocations if it is relocatable.</summary>
    /// <exception cref="ImageFormatException">
    /// <see cref="ImageError.BadCompression"/>, <see cref="ImageError.Truncated"/>, or
    /// <see cref="ImageError.Inconsistent"/> when not as much comes out as the payload says.
    /// </exception>
    public void Extract(Stream output, ICodecs codecs)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(codecs);
        using Stream unpacked = Compression == CompressionKind.None
            ? new SourceStream(_packed)
            : codecs.OpenUnpacked(Compression, _packed, UnpackedSize);
        byte[] window = new byte[1 << 16];
        long total = 0;
        for (int read = unpacked.Read(window); read > 0; read = unpacked.Read(window))
        {
            output.Write(window, 0, read);
            total += read;
        }

        if (total != UnpackedSize)
        {
            throw new ImageFormatException(
                ImageError.Inconsistent,
                new ImageLocation(_packed.Name, 0, SetupFields.PayloadLength.Name),
                $"{total} bytes came out, the payload ends with the size {UnpackedSize}");
        }
    }
}
