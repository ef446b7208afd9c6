using Baton.Bytes;

namespace Baton.Formats.Pe;

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
    public const int TableFieldSize = PeFields.DirectorySize;

    /// <summary>First byte behind the signatures.</summary>
    public long End => (long)Offset + Length;

    /// <summary>Offset of the PE checksum in the file: four bytes that signing changes.</summary>
    public long ChecksumField => HeaderOffset + PeFields.CheckSum.Offset;

    /// <summary>Finds the certificate table; null when the bytes are no PE image, or one without signatures.</summary>
    /// <param name="head">The file's first bytes.</param>
    public static PeSignature? Find(ByteView head)
    {
        if (head.Length < PeFields.ELfanew.End || PeFields.EMagic.Read(head) != PeFields.DosMagic)
        {
            return null;
        }

        long origin = PeFields.ELfanew.Read(head);
        if (origin > head.Length - (PeFields.CertificateTable64.End + 4)
            || PeFields.Signature.ReadAt(head, origin) != PeFields.SignatureValue)
        {
            return null;
        }

        bool wide = PeFields.Magic.ReadAt(head, origin) == PeFields.Pe32Plus;
        Field<uint> table = wide ? PeFields.CertificateTable64 : PeFields.CertificateTable32;
        Field<uint> count = wide ? PeFields.NumberOfRvaAndSizes : PeFields.NumberOfRvaAndSizes32;
        if (count.ReadAt(head, origin) <= PeFields.CertificateTable)
        {
            return null;
        }

        uint offset = table.ReadAt(head, origin);
        uint length = table.ReadAt(head, origin + sizeof(uint));
        return offset == 0 || length == 0 ? null : new PeSignature(offset, length, origin, origin + table.Offset);
    }
}
