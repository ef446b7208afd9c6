using Baton.Bytes;

namespace Baton.Formats.Elf;

/// <summary>A symbol of an ELF file.</summary>
/// <param name="Name">Its name; empty when it has none.</param>
/// <param name="Value">Its address; in a relocatable file, the offset in its section.</param>
/// <param name="Size">Its size in bytes; 0 when not given.</param>
/// <param name="Kind">The type in st_info: 1 is an object, 2 a function.</param>
/// <param name="Section">st_shndx: its section, 0 for an undefined one, 0xfff1 for an absolute one.</param>
public sealed record ElfSymbol(string Name, ulong Value, ulong Size, byte Kind, ushort Section)
{
    /// <summary>SHN_ABS: the value is a number, not an address in a section.</summary>
    public const ushort Absolute = 0xfff1;

    /// <summary>STT_OBJECT.</summary>
    public const byte ObjectKind = 1;
}

/// <summary>A symbol table of an ELF file (.symtab, .dynsym), with its names.</summary>
public sealed class ElfSymbols
{
    /// <summary>The most bytes of symbols, and of names, that are read.</summary>
    private const int Longest = 64 << 20;

    private const int LongestName = 512;

    private readonly byte[] _symbols;
    private readonly byte[] _names;
    private readonly string _source;

    private ElfSymbols(ElfFile file, ElfSection table, ElfSection names)
    {
        Table = table;
        Names = names;
        _source = file.Source.Name;
        _symbols = file.Source.Window((long)table.Offset, (int)table.Size).Bytes.ToArray();
        _names = file.Source.Window((long)names.Offset, (int)names.Size).Bytes.ToArray();
    }

    /// <summary>The section with the symbols.</summary>
    public ElfSection Table { get; }

    /// <summary>The section with their names.</summary>
    public ElfSection Names { get; }

    /// <summary>The number of symbols.</summary>
    public int Count => _symbols.Length / ElfFields.SymbolSize;

    /// <summary>The symbol of a number.</summary>
    /// <exception cref="ImageFormatException"><see cref="ImageError.OutOfRange"/>: there are fewer.</exception>
    public ElfSymbol this[uint index]
    {
        get
        {
            if (index >= (uint)Count)
            {
                throw new ImageFormatException(
                    ImageError.OutOfRange,
                    new ImageLocation(_source, (long)Table.Offset, "r_info"),
                    $"symbol {index}, and there are {Count}");
            }

            ByteView symbol = new(
                _symbols.AsSpan((int)index * ElfFields.SymbolSize, ElfFields.SymbolSize), _source, (long)Table.Offset);
            return new ElfSymbol(
                PrintableText.Of(NameAt(ElfFields.StName.Read(symbol))),
                ElfFields.StValue.Read(symbol),
                ElfFields.StSize.Read(symbol),
                (byte)(ElfFields.StInfo.Read(symbol) & 0xf),
                ElfFields.StShndx.Read(symbol));
        }
    }

    /// <summary>Reads the table; null when the file has none, as after strip(1).</summary>
    /// <exception cref="ImageFormatException">The table contradicts itself or is too long.</exception>
    public static ElfSymbols? Open(ElfFile file) => Open(file, ElfSection.SymbolTable);

    /// <summary>Reads the symbols of dynamic linking, which strip(1) leaves; null when the file has none.</summary>
    /// <exception cref="ImageFormatException">The table contradicts itself or is too long.</exception>
    public static ElfSymbols? OpenDynamic(ElfFile file) => Open(file, ElfSection.DynamicSymbols);

    private static ElfSymbols? Open(ElfFile file, uint type)
    {
        ArgumentNullException.ThrowIfNull(file);
        ElfSection? table = file.Sections.FirstOrDefault(s => s.Type == type);
        if (table is null)
        {
            return null;
        }

        if (table.Link >= file.Sections.Count || file.Sections[(int)table.Link] is not { Type: ElfSection.StringTable } names)
        {
            throw Refuse(file, table, ElfFields.ShLink.Name, $"section {table.Link} has no names");
        }

        return table.Size > Longest || names.Size > Longest
            ? throw Refuse(file, table, ElfFields.ShSize.Name, $"more than {Longest >> 20} MiB of symbols or names")
            : new ElfSymbols(file, table, names);
    }

    /// <summary>The first defined symbol of a name; null when there is none.</summary>
    public ElfSymbol? Find(ReadOnlySpan<byte> name)
    {
        for (int i = 0; i < Count; i++)
        {
            ByteView symbol = new(_symbols.AsSpan(i * ElfFields.SymbolSize, ElfFields.SymbolSize), _source);
            if (ElfFields.StShndx.Read(symbol) != 0 && NameAt(ElfFields.StName.Read(symbol)).SequenceEqual(name))
            {
                return this[(uint)i];
            }
        }

        return null;
    }

    private ReadOnlySpan<byte> NameAt(uint offset)
    {
        if (offset >= _names.Length)
        {
            return [];
        }

        ReadOnlySpan<byte> name = _names.AsSpan((int)offset, Math.Min(LongestName, _names.Length - (int)offset));
        int end = name.IndexOf((byte)0);
        return end < 0 ? name : name[..end];
    }

    private static ImageFormatException Refuse(ElfFile file, ElfSection table, string field, string problem) =>
        new(ImageError.Inconsistent, new ImageLocation(file.Source.Name, (long)table.Offset, field), problem);
}
