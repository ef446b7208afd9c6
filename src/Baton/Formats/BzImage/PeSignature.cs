using Baton.Bytes;

namespace Baton.Formats.BzImage;

/// <summary>
/// Where the signatures of a PE image are: a kernel with an EFI stub is one. Specification: Microsoft PE format, "The
/// Attribute Certificate Table".
/// </summary>
/// <param name="Offset">Offset in the file, in bytes.</param>
/// <param name="Length">Size in bytes.</param>
/// <param name="HeaderOffset">Offset of the PE header in the file, in bytes.</param>
/// <param name="TableField">Offset of the certificate table's entry in the file: eight bytes that signing changes.</param>
public sealed record PeSignature(uint Offset, uint Length, long HeaderOffset, long TableField)
{
    /// <summary>Bytes of the certificate table's entry.</summary>
    public const int TableFieldSize = 8;

    private static readonly Field<ushort> Magic = new(0, "e_magic");
    private static readonly Field<uint> HeaderPointer = new(0x3c, "e_lfanew");
    private static readonly Field<uint> Signature = new(0, "Signature");
    private static readonly Field<ushort> OptionalMagic = new(24, "Magic");

    private static readonly Field<uint> Checksum = new(24 + 64, "CheckSum");

    // In PE32 and PE32+: the number of data directories, and the fifth of them, the certificate table.
    private static readonly Field<uint> Count32 = new(24 + 92, "NumberOfRvaAndSizes");
    private static readonly Field<uint> Offset32 = new(24 + 128, "Certificate Table");
    private static readonly Field<uint> Count64 = new(24 + 108, "NumberOfRvaAndSizes");
    private static readonly Field<uint> Offset64 = new(24 + 144, "Certificate Table");

    /// <summary>Offset of the PE checksum in the file: four bytes that signing changes.</summary>
    public long ChecksumField => HeaderOffset + Checksum.Offset;

    /// <summary>Finds the certificate table; null when the bytes are no PE image, or one without signatures.</summary>
    /// <param name="head">The file's first bytes.</param>
    public static PeSignature? Find(ByteView head)
    {
        if (head.Length < HeaderPointer.End || Magic.Read(head) != 0x5a4d)
        {
            return null;
        }

        long origin = HeaderPointer.Read(head);
        if (origin > head.Length - (Offset64.End + 4) || Signature.ReadAt(head, origin) != 0x4550)
        {
            return null;
        }

        bool wide = OptionalMagic.ReadAt(head, origin) == 0x20b;
        Field<uint> table = wide ? Offset64 : Offset32;
        if ((wide ? Count64 : Count32).ReadAt(head, origin) < 5)
        {
            return null;
        }

        uint offset = table.ReadAt(head, origin);
        uint length = table.ReadAt(head, origin + 4);
        return offset == 0 || length == 0 ? null : new PeSignature(offset, length, origin, origin + table.Offset);
    }
}
