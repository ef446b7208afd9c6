using Baton.Bytes;
using Baton.Formats.Elf;

namespace Baton.Protocols.FreeBsd.Clauses;

/// <summary>Whether SSYM and ESYM enclose a file's symbols and their names.</summary>
internal static class SymbolsClause
{
    /// <summary>Null when nothing is wrong, and when the file has none to enclose.</summary>
    public static string? WhyWrong(ArrivedPreload preload, ArrivedFile file, ElfFile elf, ElfSymbols? expected)
    {
        if (expected is not { Table.IsAllocated: false } symbols)
        {
            return file[ModInfo.SymbolsStart] is null && file[ModInfo.SymbolsEnd] is null ? null : "there are some";
        }

        if (file.Number(ModInfo.SymbolsStart) is not { } start || file.Number(ModInfo.SymbolsEnd) is not { } end
            || start % sizeof(ulong) != 0)
        {
            return "they are missing";
        }

        ulong at = start;
        IByteSource source = elf.Source;
        foreach (ElfSection section in (ElfSection[])[symbols.Table, symbols.Names])
        {
            if (!preload.IsLoaded(at, sizeof(ulong) + section.Size)
                || preload.Physical(at) is not { } physical
                || BitConverter.ToUInt64(preload.Read(physical, sizeof(ulong))) != section.Size
                || !preload.Same(physical + sizeof(ulong), source, (long)section.Offset, section.Size))
            {
                return $"{section.Name} is not at 0x{at:x}";
            }

            at = (at + sizeof(ulong) + section.Size + 7) & ~7UL;
        }

        return at == end ? null : $"they end at 0x{at:x}, and ESYM is 0x{end:x}";
    }
}
