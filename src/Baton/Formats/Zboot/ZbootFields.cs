using Baton.Bytes;

namespace Baton.Formats.Zboot;

/// <summary>
/// The header of an EFI zboot image: an EFI program that unpacks the kernel in it. Specification: Linux,
/// drivers/firmware/efi/libstub/zboot-header.S.
/// </summary>
public static class ZbootFields
{
    /// <summary>"zimg" as a number.</summary>
    public const uint ImageTypeValue = 0x676d_697a;

    /// <summary>The compression's name and its NUL have at most this many bytes: up to the magic number at 0x38.</summary>
    public const int CompressionTypeSize = 0x20;

    public static readonly Field<ushort> EMagic = new(0, "e_magic");
    public static readonly Field<uint> ImageType = new(4, "image type");
    public static readonly Field<uint> PayloadOffset = new(8, "payload offset");
    public static readonly Field<uint> PayloadSize = new(12, "payload size");

    /// <summary>The compression's name, as text.</summary>
    public static readonly DeclaredBlock CompressionType = new(0x18, CompressionTypeSize, "compression type");
}
