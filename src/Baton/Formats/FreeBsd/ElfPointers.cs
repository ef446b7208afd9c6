using Baton.Bytes;
using Baton.Formats.Elf;

namespace Baton.Formats.FreeBsd;

/// <summary>A byte of a section.</summary>
/// <param name="Section">The section's number.</param>
/// <param name="Offset">Bytes from its start.</param>
internal readonly record struct ElfPlace(int Section, ulong Offset)
{
    public static ElfPlace operator +(ElfPlace place, int bytes) =>
        place with { Offset = unchecked(place.Offset + (ulong)bytes) };
}

/// <summary>
/// Follows the pointers in an ELF file's data: what they lead to is in relocations in a relocatable or shared file, and
/// in the data itself in an executable one.
/// </summary>
internal sealed class ElfPointers
{
    private const int LongestTable = 16 << 20;
    private const int LongestText = 256;

    private const uint X64Absolute = 1;
    private const uint X64Relative = 8;
    private const uint Arm64Absolute = 257;
    private const uint Arm64Relative = 1027;

    private readonly ElfFile _elf;
    private readonly Lazy<ElfSymbols?> _symbols;
    private readonly Dictionary<int, Dictionary<ulong, (uint Symbol, ulong Addend)>> _relocations = [];

    public ElfPointers(ElfFile elf)
    {
        _elf = elf;
        _symbols = new Lazy<ElfSymbols?>(() => ElfSymbols.Open(elf));
    }

    /// <summary>The file's name.</summary>
    public string Name => _elf.Source.Name;

    private bool IsRelocatable => _elf.Type == ElfType.Relocatable;

    public int IndexOf(ElfSection section)
    {
        for (int i = 0; i < _elf.Sections.Count; i++)
        {
            if (ReferenceEquals(_elf.Sections[i], section))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Where the pointer at a place leads; null for a null pointer and for one out of the file.</summary>
    public ElfPlace? Follow(ElfPlace place)
    {
        if (Relocation(place) is not { } relocation)
        {
            return IsRelocatable ? null : PlaceOf(BitConverter.ToUInt64(Read(place, sizeof(ulong), "pointer")));
        }

        ElfSymbol? symbol = relocation.Symbol == 0 ? null : _symbols.Value?[relocation.Symbol];
        ulong value = unchecked((symbol?.Value ?? 0) + relocation.Addend);
        return !IsRelocatable ? PlaceOf(value)
            : symbol is { Section: > 0 } && symbol.Section < _elf.Sections.Count ? new ElfPlace(symbol.Section, value)
            : null;
    }

    /// <summary>Bytes of a section.</summary>
    /// <exception cref="ImageFormatException">They are not in the file.</exception>
    public byte[] Read(ElfPlace place, int length, string what)
    {
        ElfSection section = _elf.Sections[place.Section];
        if (!HasBytes(section) || place.Offset > section.Size
            || (ulong)length > section.Size - place.Offset)
        {
            throw Refuse(
                ImageError.OutOfRange, what, $"{length} bytes at 0x{place.Offset:x} of {section.Name} are not in the file");
        }

        return _elf.Source.Window((long)(section.Offset + place.Offset), length).Bytes.ToArray();
    }

    /// <summary>Text up to its NUL.</summary>
    /// <exception cref="ImageFormatException">It is not in the file.</exception>
    public string Text(ElfPlace place)
    {
        ElfSection section = _elf.Sections[place.Section];
        ulong room = place.Offset < section.Size ? section.Size - place.Offset : 0;
        byte[] bytes = Read(place, (int)Math.Min(LongestText, room), "md_cval");
        int end = Array.IndexOf(bytes, (byte)0);
        return PrintableText.Of(end < 0 ? bytes : bytes.AsSpan(0, end));
    }

    public ImageFormatException Refuse(ImageError error, string field, string problem) =>
        new(error, new ImageLocation(Name, 0, field), problem);

    private static bool HasBytes(ElfSection section) => section.Type is not (ElfSection.NoBits or ElfSection.Null);

    private (uint Symbol, ulong Addend)? Relocation(ElfPlace place)
    {
        // In a linked file all of them are in one table, by virtual address.
        int key = IsRelocatable ? place.Section : -1;
        ulong at = IsRelocatable ? place.Offset : unchecked(_elf.Sections[place.Section].Address + place.Offset);
        if (!_relocations.TryGetValue(key, out Dictionary<ulong, (uint Symbol, ulong Addend)>? table))
        {
            table = ReadRelocations(key);
            _relocations.Add(key, table);
        }

        return table.TryGetValue(at, out (uint Symbol, ulong Addend) found) ? found : null;
    }

    private Dictionary<ulong, (uint Symbol, ulong Addend)> ReadRelocations(int target)
    {
        Dictionary<ulong, (uint Symbol, ulong Addend)> found = [];
        foreach (ElfSection section in _elf.Sections.Where(s => s.Type == ElfSection.RelocationsWithAddends
            && (IsRelocatable ? s.Info == (uint)target : s.IsAllocated)))
        {
            if (section.Size > LongestTable)
            {
                throw Refuse(ImageError.OutOfRange, ElfFields.ShSize.Name, $"{section.Name} has {section.Size} bytes");
            }

            ByteView table = _elf.Source.Window((long)section.Offset, (int)section.Size);
            for (long i = 0; i + ElfFields.RelocationSize <= table.Length; i += ElfFields.RelocationSize)
            {
                ulong info = ElfFields.RInfo.ReadAt(table, i);
                if ((uint)(info & uint.MaxValue) is X64Absolute or X64Relative or Arm64Absolute or Arm64Relative)
                {
                    found[ElfFields.ROffset.ReadAt(table, i)] = ((uint)(info >> 32), ElfFields.RAddend.ReadAt(table, i));
                }
            }
        }

        return found;
    }

    private ElfPlace? PlaceOf(ulong address)
    {
        for (int i = 0; i < _elf.Sections.Count; i++)
        {
            ElfSection section = _elf.Sections[i];
            if (address != 0 && section.IsAllocated && HasBytes(section)
                && address >= section.Address && address - section.Address < section.Size)
            {
                return new ElfPlace(i, address - section.Address);
            }
        }

        return null;
    }
}
