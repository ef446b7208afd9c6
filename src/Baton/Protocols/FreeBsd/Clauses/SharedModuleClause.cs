using Baton.Bytes;
using Baton.Formats.Elf;

namespace Baton.Protocols.FreeBsd.Clauses;

/// <summary>Whether an arm64 module lies as its program headers say, as the kernel's linker would look at it.</summary>
internal static class SharedModuleClause
{
    /// <summary>Null when nothing is wrong.</summary>
    public static string? WhyWrong(ArrivedPreload preload, ArrivedFile file, ElfFile elf)
    {
        if (file[ModInfo.ElfHeader] is not { Length: ElfFields.HeaderSize } header
            || !header.AsSpan().SequenceEqual(elf.Source.Window(0, ElfFields.HeaderSize).Bytes))
        {
            return "ELFHDR is missing or not the file's";
        }

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

        if (file.Number(ModInfo.Address) is not { } start || start % DestinationSpace.Page != 0
            || file.Number(ModInfo.Size) is not { } length)
        {
            return "ADDR is no page boundary, or SIZE is missing";
        }

        ulong end = 0;
        foreach (ElfSegment load in elf.LoadSegments.Where(load => load.MemorySize > 0))
        {
            ulong at = unchecked(start + load.VirtualAddress);
            end = Math.Max(end, load.VirtualAddress + load.MemorySize);
            if (end > length || !preload.IsLoaded(at, load.MemorySize) || preload.Physical(at) is not { } physical)
            {
                return $"the load segment at 0x{load.VirtualAddress:x} is not in the module";
            }

            if (!preload.Same(physical, elf.Source, load.Offset, (ulong)load.FileSize)
                || !preload.IsZero(physical + (ulong)load.FileSize, load.MemorySize - (ulong)load.FileSize))
            {
                return $"the load segment at 0x{load.VirtualAddress:x} is not what the file has";
            }
        }

        ulong last = file.Number(ModInfo.SymbolsEnd) is { } symbols ? unchecked(symbols - start) : end;
        return last != length
            ? $"it ends at 0x{last:x}, and SIZE says 0x{length:x} bytes"
            : SymbolsClause.WhyWrong(preload, file, elf, ElfSymbols.Open(elf));
    }
}
