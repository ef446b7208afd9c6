using Baton.Bytes;
using Baton.Formats.Elf;
using Baton.Handoffs;

namespace Baton.Formats.FreeBsd;

/// <summary>
/// A relocatable module (ET_REL) laid out in memory as FreeBSD's loader does: sections one after the other from a base,
/// not relocated, which is the kernel's work. The kernel finds them by the section headers that go along, whose sh_addr
/// say where each lies; 0 for what was not placed.
/// </summary>
public sealed class ObjectLayout
{
    private const ulong Page = 4096;

    /// <summary>No module is this long; sums of less cannot overflow.</summary>
    private const ulong Longest = 1UL << 30;

    private readonly ElfFile _elf;

    private ObjectLayout(ElfFile elf, ulong alignment)
    {
        _elf = elf;
        Alignment = alignment;
    }

    /// <summary>
    /// The alignment that the base must have, in bytes: the kernel takes the lowest section's address for the base.
    /// </summary>
    public ulong Alignment { get; }

    /// <summary>The section headers with sh_addr filled in, as the record MODINFOMD_SHDR has them.</summary>
    public required ReadOnlyMemory<byte> Headers { get; init; }

    /// <summary>The sections' bytes, offsets from the base.</summary>
    public required IReadOnlyList<ContentPart> Parts { get; init; }

    /// <summary>Bytes from the base to the end of the last section.</summary>
    public required ulong Length { get; init; }

    /// <summary>The alignment that a module's base needs, in bytes.</summary>
    /// <exception cref="ImageFormatException">An alignment is no power of two, or above 1 GiB.</exception>
    public static ulong AlignmentOf(ElfFile elf)
    {
        ArgumentNullException.ThrowIfNull(elf);
        ulong alignment = Page;
        foreach (ElfSection section in elf.Sections)
        {
            if (section.Alignment > Longest || (section.Alignment > 1 && !ulong.IsPow2(section.Alignment)))
            {
                throw Refuse(elf, ElfFields.ShAddralign, $"{section.Name} wants an alignment of 0x{section.Alignment:x}");
            }

            alignment = Math.Max(alignment, section.Alignment);
        }

        return alignment;
    }

    /// <summary>Lays a module out.</summary>
    /// <param name="elf">The module.</param>
    /// <param name="start">The address of its base, as the kernel is told it: a multiple of the alignment.</param>
    /// <exception cref="ImageFormatException">Not relocatable, not one symbol table, or too long.</exception>
    public static ObjectLayout Of(ElfFile elf, ulong start)
    {
        ArgumentNullException.ThrowIfNull(elf);
        ulong alignment = AlignmentOf(elf);
        if (elf.Type != ElfType.Relocatable)
        {
            throw Refuse(elf, ElfFields.Type, $"found an ELF file of type {elf.Type}, expected a relocatable one");
        }

        byte[] headers = elf.Source.Window(
            elf.SectionTableOffset, elf.Sections.Count * ElfFields.SectionHeaderSize).Bytes.ToArray();
        List<ContentPart> parts = [];
        ulong[] places = new ulong[elf.Sections.Count];
        ulong offset = 0;
        foreach (int index in OrderOf(elf))
        {
            ElfSection section = elf.Sections[index];
            ulong unit = Math.Max(1, section.Alignment);
            offset = (offset + unit - 1) & ~(unit - 1);
            if (section.Size > Longest || offset > Longest - section.Size)
            {
                throw Refuse(elf, ElfFields.ShSize, $"the sections take more than {Longest >> 20} MiB");
            }

            places[index] = start + offset;
            if (section.Type != ElfSection.NoBits)
            {
                parts.Add(new ContentPart((long)offset, elf.Source, (long)section.Offset, (long)section.Size));
            }

            offset += section.Size;
        }

        for (int i = 0; i < places.Length; i++)
        {
            ElfFields.ShAddr.Write(headers.AsSpan(i * ElfFields.SectionHeaderSize), places[i]);
        }

        return new ObjectLayout(elf, alignment) { Headers = headers, Parts = parts, Length = offset };
    }

    public override string ToString() => $"{_elf.Source.Name}, 0x{Length:x} bytes";

    /// <summary>The sections that are placed: what runs, then symbols and names, then relocations of what runs.</summary>
    private static List<int> OrderOf(ElfFile elf)
    {
        List<int> order =
        [
            .. Indices(elf, s => s is { Size: > 0, IsAllocated: true }
                && (s.Type is ElfSection.ProgramBits or ElfSection.NoBits or ElfSection.X64Unwind)),
        ];
        int[] tables = [.. Indices(elf, s => s.Type == ElfSection.SymbolTable)];
        if (tables.Length != 1)
        {
            throw Refuse(elf, ElfFields.ShType, $"{tables.Length} symbol tables, expected one");
        }

        uint names = elf.Sections[tables[0]].Link;
        if (names >= elf.Sections.Count || elf.Sections[(int)names].Type != ElfSection.StringTable)
        {
            throw Refuse(elf, ElfFields.ShLink, $"section {names} has no names for the symbols");
        }

        if (elf.SectionNameIndex != 0 && (elf.SectionNameIndex >= elf.Sections.Count
            || elf.Sections[elf.SectionNameIndex].Type != ElfSection.StringTable))
        {
            throw Refuse(elf, ElfFields.Shstrndx, $"section {elf.SectionNameIndex} has no names for the sections");
        }

        order.AddRange(new[] { tables[0], (int)names, elf.SectionNameIndex }.Where(i => i > 0).Distinct());
        order.AddRange(Indices(elf, s => s.Type is ElfSection.Relocations or ElfSection.RelocationsWithAddends
            && s.Info < elf.Sections.Count && elf.Sections[(int)s.Info].IsAllocated));
        return [.. order.Distinct()];
    }

    private static IEnumerable<int> Indices(ElfFile elf, Func<ElfSection, bool> predicate) =>
        Enumerable.Range(0, elf.Sections.Count).Where(i => predicate(elf.Sections[i]));

    private static ImageFormatException Refuse<T>(ElfFile elf, Field<T> field, string problem)
        where T : unmanaged, System.Numerics.IBinaryInteger<T>, System.Numerics.IUnsignedNumber<T> =>
        new(ImageError.Inconsistent, new ImageLocation(elf.Source.Name, 0, field.Name), problem);
}
