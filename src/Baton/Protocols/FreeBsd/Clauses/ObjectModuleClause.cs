using Baton.Bytes;
using Baton.Formats.Elf;

namespace Baton.Protocols.FreeBsd.Clauses;

/// <summary>Whether an amd64 module lies as its section headers say, as the kernel's linker would look at it.</summary>
internal static class ObjectModuleClause
{
    /// <summary>Null when nothing is wrong.</summary>
    /// <param name="preload">What was preloaded.</param>
    /// <param name="file">The module's records.</param>
    /// <param name="elf">Its file.</param>
    /// <param name="start">ADDR.</param>
    /// <param name="length">SIZE.</param>
    /// <param name="end">Where its last section ends.</param>
    public static string? WhyWrong(
        ArrivedPreload preload, ArrivedFile file, ElfFile elf, ulong start, ulong length, out ulong end)
    {
        end = 0;
        if (file[ModInfo.SectionHeaders] is not { } table
            || table.Length != elf.Sections.Count * ElfFields.SectionHeaderSize)
        {
            return "SHDR is missing";
        }

        ByteView headers = new(table, "SHDR");
        ByteView original = elf.Source.Window(elf.SectionTableOffset, table.Length);
        ulong lowest = ulong.MaxValue;
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
            end = Math.Max(end, unchecked(address + section.Size));
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
            : null;
    }
}
