namespace Baton.Formats.Elf;

/// <summary>A section header. Linkers and debuggers use sections; loading goes by segments.</summary>
/// <param name="Name">Its name; empty when the file has no names.</param>
/// <param name="Type">The specification's number: 1 is PROGBITS, 8 is NOBITS.</param>
/// <param name="Flags">The specification's bits.</param>
/// <param name="Address">Virtual address.</param>
/// <param name="Offset">Offset in the file.</param>
/// <param name="Size">Size in bytes; a NOBITS section has none in the file.</param>
public sealed record ElfSection(string Name, uint Type, ulong Flags, ulong Address, ulong Offset, ulong Size)
{
    /// <summary>SHT_NULL: no section; what its header says beside that means nothing, and is not checked.</summary>
    public const uint Null = 0;

    /// <summary>SHT_NOBITS: the section has no bytes in the file.</summary>
    public const uint NoBits = 8;

    /// <summary>SHT_PROGBITS, SHT_SYMTAB, SHT_STRTAB, SHT_RELA, SHT_REL, SHT_DYNSYM and SHT_X86_64_UNWIND.</summary>
    public const uint ProgramBits = 1;
    public const uint SymbolTable = 2;
    public const uint StringTable = 3;
    public const uint RelocationsWithAddends = 4;
    public const uint Relocations = 9;
    public const uint DynamicSymbols = 11;
    public const uint X64Unwind = 0x7000_0001;

    /// <summary>SHF_ALLOC: the section takes memory while the program runs.</summary>
    public const ulong Alloc = 2;

    /// <summary>sh_link: the section that this one refers to, e.g. a symbol table's names.</summary>
    public uint Link { get; init; }

    /// <summary>sh_info: for relocations, the section that they change.</summary>
    public uint Info { get; init; }

    /// <summary>sh_addralign in bytes; 0 and 1 mean none.</summary>
    public ulong Alignment { get; init; }

    /// <summary>Whether the section has SHF_ALLOC.</summary>
    public bool IsAllocated => (Flags & Alloc) != 0;
}
