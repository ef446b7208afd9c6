using System.Buffers.Binary;
using Baton.Bytes;
using Baton.Formats.Compression;
using Baton.Formats.Pe;

namespace Baton.Formats.Zboot;

/// <summary>An EFI zboot image: a packed kernel of arm64, RISC-V or LoongArch with a program in front that unpacks it.</summary>
public sealed class ZbootFile
{
    private ZbootFile(PeFile pe, IByteSource payload)
    {
        Pe = pe;
        Payload = payload;
    }

    /// <summary>The file as an EFI program.</summary>
    public PeFile Pe { get; }

    /// <summary>The packed kernel, without the size that the build appends to most formats.</summary>
    public IByteSource Payload { get; }

    /// <summary>Offset of the payload in the file, in bytes.</summary>
    public required uint PayloadOffset { get; init; }

    /// <summary>The compression as the header names it: <c>gzip</c>, <c>zstd22</c>, <c>xzkern</c>.</summary>
    public required string CompressionType { get; init; }

    public required CompressionKind Compression { get; init; }

    /// <summary>Bytes that come out, as the payload's last four or the four behind it say.</summary>
    public required uint UnpackedSize { get; init; }

    /// <summary>Whether the bytes start like an EFI zboot image.</summary>
    public static bool Matches(ByteView head) =>
        head.Length >= ZbootFields.ImageType.End
        && ZbootFields.EMagic.Read(head) == PeFields.DosMagic
        && ZbootFields.ImageType.Read(head) == ZbootFields.ImageTypeValue;

    /// <summary>Reads the header.</summary>
    /// <exception cref="ImageFormatException">The file is truncated, inconsistent, or packed in an unknown way.</exception>
    public static ZbootFile Open(IByteSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        ByteView head = source.Window(0, ZbootFields.CompressionType.End);
        ZbootFields.EMagic.Expect(head, PeFields.DosMagic, ImageError.BadMagic);
        ZbootFields.ImageType.Expect(head, ZbootFields.ImageTypeValue, ImageError.BadMagic);
        string type = ReadCompressionType(head);
        CompressionKind kind = KindOf(type) ?? throw head.Fault(
            ImageError.BadCompression,
            ZbootFields.CompressionType.Offset,
            ZbootFields.CompressionType.Name,
            $"found \"{type}\", expected gzip, lz4, lzma, lzo, xzkern or zstd22");
        uint offset = ZbootFields.PayloadOffset.Read(head);
        uint size = ZbootFields.PayloadSize.Read(head);

        // gzip ends with the size by itself; to all else the build appends it, and does not count it.
        long end = (long)offset + size + (kind == CompressionKind.Gzip ? 0 : sizeof(uint));
        if (size < sizeof(uint) || end > source.Length)
        {
            throw ZbootFields.PayloadSize.Fault(
                head,
                size < sizeof(uint) ? ImageError.OutOfRange : ImageError.Truncated,
                $"the payload has 0x{size:x} bytes from 0x{offset:x}, the file ends at 0x{source.Length:x}");
        }

        SourceSlice payload = new(source, offset, size, $"{source.Name}: payload");
        CompressionKind found = CompressionProbe.Probe(payload.Window(0, CompressionProbe.HeadLength));
        if (found != kind)
        {
            throw head.Fault(
                ImageError.Inconsistent,
                ZbootFields.CompressionType.Offset,
                ZbootFields.CompressionType.Name,
                $"found \"{type}\", the payload starts like {CompressionProbe.NameOf(found)}");
        }

        return new ZbootFile(PeFile.Open(source), payload)
        {
            PayloadOffset = offset,
            CompressionType = type,
            Compression = kind,
            UnpackedSize = BinaryPrimitives.ReadUInt32LittleEndian(source.Window(end - sizeof(uint), sizeof(uint)).Bytes),
        };
    }

    /// <summary>Unpacks the kernel into memory.</summary>
    /// <param name="codecs">What unpacks.</param>
    /// <param name="limit">The most bytes that may come out.</param>
    /// <exception cref="ImageFormatException">
    /// <see cref="ImageError.BadCompression"/>, <see cref="ImageError.Truncated"/>, or
    /// <see cref="ImageError.Inconsistent"/> when not as much comes out as the file says.
    /// </exception>
    public IByteSource Unpack(ICodecs codecs, long limit)
    {
        ArgumentNullException.ThrowIfNull(codecs);
        byte[] kernel = codecs.Unpack(Compression, Payload, Math.Min(limit, UnpackedSize));
        return kernel.Length == UnpackedSize
            ? new ArraySource(kernel, Payload.Name)
            : throw new ImageFormatException(
                ImageError.Inconsistent,
                new ImageLocation(Pe.Source.Name, ZbootFields.PayloadSize.Offset, ZbootFields.PayloadSize.Name),
                $"{kernel.Length} bytes came out, the file says {UnpackedSize}");
    }

    private static string ReadCompressionType(ByteView head)
    {
        ReadOnlySpan<byte> bytes = head.Take(
            ZbootFields.CompressionType.Offset, ZbootFields.CompressionType.Length, ZbootFields.CompressionType.Name);
        int end = bytes.IndexOf((byte)0);
        return PrintableText.Of(end < 0 ? bytes : bytes[..end]);
    }

    private static CompressionKind? KindOf(string type) => type switch
    {
        "gzip" => CompressionKind.Gzip,
        "lz4" => CompressionKind.Lz4Legacy,
        "lzma" => CompressionKind.Lzma,
        "lzo" => CompressionKind.Lzo,
        "xz" or "xzkern" => CompressionKind.Xz,
        "zstd" or "zstd22" => CompressionKind.Zstd,
        _ => null,
    };
}
