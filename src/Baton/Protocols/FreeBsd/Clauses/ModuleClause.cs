using Baton.Bytes;
using Baton.Formats.Elf;
using Baton.Formats.FreeBsd;
using Baton.Handoffs;

namespace Baton.Protocols.FreeBsd.Clauses;

/// <summary>Whether a module lies as its headers say, as the kernel's linker would look at it.</summary>
internal static class ModuleClause
{
    /// <summary>Null when nothing is wrong.</summary>
    public static string? WhyWrong(ArrivedPreload preload, ArrivedFile file, FreeBsdModuleFile module)
    {
        ElfFile elf = module.Elf;
        if (file[ModInfo.ElfHeader] is not { Length: ElfFields.HeaderSize } header
            || !header.AsSpan().SequenceEqual(elf.Source.Window(0, ElfFields.HeaderSize).Bytes))
        {
            return "ELFHDR is missing or not the file's";
        }

        if (file.Number(ModInfo.Address) is not { } start || file.Number(ModInfo.Size) is not { } length)
        {
            return "ADDR or SIZE is missing";
        }

        string? problem = module.Architecture == Architecture.Arm64
            ? SharedModuleClause.WhyWrong(preload, file, elf, start, length, out ulong end)
            : ObjectModuleClause.WhyWrong(preload, file, elf, start, length, out end);
        return problem ?? (end != unchecked(start + length)
            ? $"it ends at 0x{end:x}, and SIZE says 0x{length:x} bytes from 0x{start:x}"
            : null);
    }
}
