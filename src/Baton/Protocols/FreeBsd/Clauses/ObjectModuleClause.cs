using Baton.Bytes;
using Baton.Formats.Elf;

namespace Baton.Protocols.FreeBsd.Clauses;

/// <summary>Whether an amd64 module lies as its section headers say, as the kernel's linker would look at it.</summary>
internal static class ObjectModuleClause
{
    /// <summary>Null when nothing is wrong.</summary>
    public static string? WhyWrong(ArrivedPreload preload, ArrivedFile file, ElfFile elf)
    {
        if (file[ModInfo.ElfHeader] is not { Length: ElfFields.HeaderSize } header
            || !header.AsSpan().SequenceEqual(elf.Source.Window(0, ElfFields.HeaderSize).Bytes))
        {
            return "ELFHDR is missing or not the file's";
        }

        if (file[ModInfo.SectionHeaders] is not { } table
            || table.Length != elf.Sections.Count * ElfFields.SectionHeaderSize
            || file.Number(ModInfo.Address) is not { } start || file.Number(ModInfo.Size) is not { } length)
        {
            return "SHDR, ADDR or SIZE is missing";
        }

        ByteView headers = new(table, "SHDR");
        ByteView original = elf.Source.Window(elf.SectionTableOffset, table.Length);
        ulong lowest = ulong.MaxValue;
        ulong highest = 0;
        bool hasSymbols = false;
        List<(ulong Start, ulong End)> taken = [];
        for (int i = 0; i < elf.Sections.Count; i++)
        {
            int at = i * ElfFields.SectionHeaderSize;
            ulong address = ElfFields.ShAddr.ReadAt(headers, at);
            byte[] rest = headers.Slice(at, ElfFields.SectionHeaderSize, "header").Bytes.ToArray();
            ElfFields.ShAddr.Write(rest, ElfFields.ShAddr.ReadAt(original, at));
            if (!rest.AsSpan().SequenceEqual(original.Slice(at, ElfFields.SectionHeaderSize, "header").Bytes))
            {
                return $"the header of section {i} is not the file's";
            }

            ElfSection section = elf.Sections[i];
            bool isNeeded = section is { IsAllocated: true, Size: > 0 }
                && (section.Type is ElfSection.ProgramBits or ElfSection.NoBits or ElfSection.X64Unwind);
            if (address == 0)
            {
                if (isNeeded || section.Type == ElfSection.SymbolTable)
                {
                    return $"{section.Name} has no place";
                }

                continue;
            }

            hasSymbols |= section.Type == ElfSection.SymbolTable;
            lowest = Math.Min(lowest, address);
            highest = Math.Max(highest, unchecked(address + section.Size));
            if (section.Alignment > 1 && address % section.Alignment != 0)
            {
                return $"{section.Name} is not aligned";
            }

            if (address < start || address - start > length || section.Size > length - (address - start)
                || preload.Physical(address) is not { } physical)
            {
                return $"{section.Name} is not in the module";
            }

            if (taken.Any(other => address < other.End && other.Start < address + section.Size))
            {
                return $"{section.Name} lies over another section";
            }

            taken.Add((address, address + section.Size));
            bool isThere = section.Type == ElfSection.NoBits
                ? preload.Read(physical, (int)section.Size).AsSpan().IndexOfAnyExcept((byte)0) < 0
                : preload.Same(physical, elf.Source, (long)section.Offset, section.Size);
            if (!isThere)
            {
                return $"{section.Name} is not what the file has";
            }
        }

        return !hasSymbols ? "no symbols"
            : lowest != start ? $"the lowest section is at 0x{lowest:x}, and the base at 0x{start:x}"
            : highest != unchecked(start + length) ? $"it ends at 0x{highest:x}, and SIZE says 0x{length:x} bytes"
            : null;
    }
}
