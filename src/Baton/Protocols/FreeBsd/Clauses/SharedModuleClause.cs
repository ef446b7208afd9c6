using Baton.Bytes;
using Baton.Formats.Elf;

namespace Baton.Protocols.FreeBsd.Clauses;

/// <summary>Whether an arm64 module lies as its program headers say, as the kernel's linker would look at it.</summary>
internal static class SharedModuleClause
{
    /// <summary>Null when nothing is wrong.</summary>
    /// <param name="preload">What was preloaded.</param>
    /// <param name="file">The module's records.</param>
    /// <param name="elf">Its file.</param>
    /// <param name="start">ADDR.</param>
    /// <param name="length">SIZE.</param>
    /// <param name="end">Where its symbols end, or else its last load segment.</param>
    public static string? WhyWrong(
        ArrivedPreload preload, ArrivedFile file, ElfFile elf, ulong start, ulong length, out ulong end)
    {
        end = start;
        int sections = elf.Sections.Count * ElfFields.SectionHeaderSize;
        if (sections > 0 && (file[ModInfo.SectionHeaders] is not { } table
            || !table.AsSpan().SequenceEqual(elf.Source.Window(elf.SectionTableOffset, sections).Bytes)))
        {
            return "SHDR is missing or not the file's";
        }

        ulong? dynamic = elf.Segments.FirstOrDefault(segment => segment.Type == ElfSegmentType.Dynamic)?.VirtualAddress;
        if (dynamic is null || file.Number(ModInfo.Dynamic) != dynamic)
        {
            return $"DYNAMIC is 0x{file.Number(ModInfo.Dynamic):x}, expected 0x{dynamic:x}";
        }

        if (start % DestinationSpace.Page != 0)
        {
            return "ADDR is no page boundary";
        }

        foreach (ElfSegment load in elf.LoadSegments.Where(load => load.MemorySize > 0))
        {
            ulong at = unchecked(start + load.VirtualAddress);
            end = Math.Max(end, unchecked(at + load.MemorySize));
            if (end > unchecked(start + length) || !preload.IsLoaded(at, load.MemorySize)
                || preload.Physical(at) is not { } physical)
            {
                return $"the load segment at 0x{load.VirtualAddress:x} is not in the module";
            }

            if (!preload.Same(physical, elf.Source, load.Offset, (ulong)load.FileSize)
                || !preload.IsZero(physical + (ulong)load.FileSize, load.MemorySize - (ulong)load.FileSize))
            {
                return $"the load segment at 0x{load.VirtualAddress:x} is not what the file has";
            }
        }

        end = file.Number(ModInfo.SymbolsEnd) ?? end;
        return SymbolsClause.WhyWrong(preload, file, elf, ElfSymbols.Open(elf));
    }
}
