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
    /// <summary>SHT_NOBITS: the section has no bytes in the file.</summary>
    public const uint NoBits = 8;
}
