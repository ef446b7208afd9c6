using Baton.Bytes;

namespace Baton.Formats.Pe;

/// <summary>The structures of a PE image. Specification: Microsoft PE Format, "MS-DOS Stub" to "Section Table".</summary>
public static class PeFields
{
    /// <summary>"MZ", the file's first two bytes.</summary>
    public const ushort DosMagic = 0x5a4d;

    /// <summary>"PE" and two NULs.</summary>
    public const uint SignatureValue = 0x4550;

    /// <summary>The optional header's magic numbers: PE32, PE32+.</summary>
    public const ushort Pe32 = 0x10b;
    public const ushort Pe32Plus = 0x20b;

    /// <summary>Sizes in bytes: signature and COFF header, the PE32+ fields before the directories, a section header.</summary>
    public const int CoffHeaderSize = 24;
    public const int OptionalHeaderSize = 112;
    public const int SectionHeaderSize = 40;

    /// <summary>Bytes of a data directory's entry.</summary>
    public const int DirectorySize = 8;

    /// <summary>The data directories that are defined, and which of them is the certificate table.</summary>
    public const int Directories = 16;
    public const int CertificateTable = 4;

    /// <summary>The most sections that a PE image has.</summary>
    public const int MostSections = 96;

    public static readonly Field<ushort> EMagic = new(0, "e_magic");
    public static readonly Field<uint> ELfanew = new(0x3c, "e_lfanew");

    /// <summary>The headers; offsets from the signature.</summary>
    public static readonly Field<uint> Signature = new(0, "Signature");
    public static readonly Field<ushort> Machine = new(4, "Machine");
    public static readonly Field<ushort> NumberOfSections = new(6, "NumberOfSections");
    public static readonly Field<ushort> SizeOfOptionalHeader = new(20, "SizeOfOptionalHeader");
    public static readonly Field<ushort> Characteristics = new(22, "Characteristics");
    public static readonly Field<ushort> Magic = new(24, "Magic");
    public static readonly Field<uint> AddressOfEntryPoint = new(24 + 16, "AddressOfEntryPoint");
    public static readonly Field<ulong> ImageBase = new(24 + 24, "ImageBase");
    public static readonly Field<uint> SectionAlignment = new(24 + 32, "SectionAlignment");
    public static readonly Field<uint> FileAlignment = new(24 + 36, "FileAlignment");
    public static readonly Field<uint> SizeOfImage = new(24 + 56, "SizeOfImage");
    public static readonly Field<uint> SizeOfHeaders = new(24 + 60, "SizeOfHeaders");
    public static readonly Field<uint> CheckSum = new(24 + 64, "CheckSum");
    public static readonly Field<ushort> Subsystem = new(24 + 68, "Subsystem");

    /// <summary>The number of data directories, and the fifth of them: in PE32, then in PE32+.</summary>
    public static readonly Field<uint> NumberOfRvaAndSizes32 = new(24 + 92, "NumberOfRvaAndSizes");
    public static readonly Field<uint> CertificateTable32 =
        new(24 + 96 + (CertificateTable * DirectorySize), "Certificate Table");
    public static readonly Field<uint> NumberOfRvaAndSizes = new(24 + 108, "NumberOfRvaAndSizes");
    public static readonly Field<uint> CertificateTable64 =
        new(24 + 112 + (CertificateTable * DirectorySize), "Certificate Table");

    /// <summary>A section header; offsets from its first byte. Its first eight bytes are the name.</summary>
    public const int NameSize = 8;
    public static readonly Field<uint> VirtualSize = new(8, "VirtualSize");
    public static readonly Field<uint> VirtualAddress = new(12, "VirtualAddress");
    public static readonly Field<uint> SizeOfRawData = new(16, "SizeOfRawData");
    public static readonly Field<uint> PointerToRawData = new(20, "PointerToRawData");
    public static readonly Field<uint> SectionCharacteristics = new(36, "Characteristics");
}
