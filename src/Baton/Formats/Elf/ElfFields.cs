using Baton.Bytes;

namespace Baton.Formats.Elf;

/// <summary>
/// The structures of a 64-bit ELF file. Specification: System V Application Binary Interface, chapters 4 and 5.
/// </summary>
public static class ElfFields
{
    /// <summary>The file's first four bytes as a number.</summary>
    public const uint MagicValue = 0x464c_457f;

    public const byte Class32 = 1;
    public const byte Class64 = 2;
    public const byte LittleEndian = 1;

    /// <summary>Sizes in bytes: the file header, a program header, a section header, a note's header.</summary>
    public const int HeaderSize = 64;
    public const int ProgramHeaderSize = 56;
    public const int SectionHeaderSize = 64;
    public const int NoteHeaderSize = 12;

    /// <summary>Sizes in bytes: a symbol, a relocation with an addend.</summary>
    public const int SymbolSize = 24;
    public const int RelocationSize = 24;

    public static readonly Field<uint> Magic = new(0, "e_ident[EI_MAG0]");
    public static readonly Field<byte> Class = new(4, "e_ident[EI_CLASS]");
    public static readonly Field<byte> Data = new(5, "e_ident[EI_DATA]");
    public static readonly Field<byte> IdentVersion = new(6, "e_ident[EI_VERSION]");
    public static readonly Field<byte> OsAbi = new(7, "e_ident[EI_OSABI]");
    public static readonly Field<ushort> Type = new(16, "e_type");
    public static readonly Field<ushort> Machine = new(18, "e_machine");
    public static readonly Field<uint> Version = new(20, "e_version");
    public static readonly Field<ulong> Entry = new(24, "e_entry");
    public static readonly Field<ulong> Phoff = new(32, "e_phoff");
    public static readonly Field<ulong> Shoff = new(40, "e_shoff");
    public static readonly Field<uint> Flags = new(48, "e_flags");
    public static readonly Field<ushort> Ehsize = new(52, "e_ehsize");
    public static readonly Field<ushort> Phentsize = new(54, "e_phentsize");
    public static readonly Field<ushort> Phnum = new(56, "e_phnum");
    public static readonly Field<ushort> Shentsize = new(58, "e_shentsize");
    public static readonly Field<ushort> Shnum = new(60, "e_shnum");
    public static readonly Field<ushort> Shstrndx = new(62, "e_shstrndx");

    /// <summary>A program header; offsets from its first byte.</summary>
    public static readonly Field<uint> PType = new(0, "p_type");
    public static readonly Field<uint> PFlags = new(4, "p_flags");
    public static readonly Field<ulong> POffset = new(8, "p_offset");
    public static readonly Field<ulong> PVaddr = new(16, "p_vaddr");
    public static readonly Field<ulong> PPaddr = new(24, "p_paddr");
    public static readonly Field<ulong> PFilesz = new(32, "p_filesz");
    public static readonly Field<ulong> PMemsz = new(40, "p_memsz");
    public static readonly Field<ulong> PAlign = new(48, "p_align");

    /// <summary>A section header; offsets from its first byte.</summary>
    public static readonly Field<uint> ShName = new(0, "sh_name");
    public static readonly Field<uint> ShType = new(4, "sh_type");
    public static readonly Field<ulong> ShFlags = new(8, "sh_flags");
    public static readonly Field<ulong> ShAddr = new(16, "sh_addr");
    public static readonly Field<ulong> ShOffset = new(24, "sh_offset");
    public static readonly Field<ulong> ShSize = new(32, "sh_size");
    public static readonly Field<uint> ShLink = new(40, "sh_link");
    public static readonly Field<uint> ShInfo = new(44, "sh_info");
    public static readonly Field<ulong> ShAddralign = new(48, "sh_addralign");
    public static readonly Field<ulong> ShEntrySize = new(56, "sh_entsize");

    /// <summary>A symbol; offsets from its first byte.</summary>
    public static readonly Field<uint> StName = new(0, "st_name");
    public static readonly Field<byte> StInfo = new(4, "st_info");
    public static readonly Field<ushort> StShndx = new(6, "st_shndx");
    public static readonly Field<ulong> StValue = new(8, "st_value");
    public static readonly Field<ulong> StSize = new(16, "st_size");

    /// <summary>A relocation with an addend; offsets from its first byte.</summary>
    public static readonly Field<ulong> ROffset = new(0, "r_offset");
    public static readonly Field<ulong> RInfo = new(8, "r_info");
    public static readonly Field<ulong> RAddend = new(16, "r_addend");

    /// <summary>A note; offsets from its first byte.</summary>
    public static readonly Field<uint> NNamesz = new(0, "n_namesz");
    public static readonly Field<uint> NDescsz = new(4, "n_descsz");
    public static readonly Field<uint> NType = new(8, "n_type");
}
