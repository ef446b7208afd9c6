using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Formats.FreeBsd;

/// <summary>A FreeBSD kernel as one kernel among others: entry point and load rules.</summary>
internal static class FreeBsdKernel
{
    /// <summary>Describes it.</summary>
    public static KernelImage Describe(FreeBsdKernelFile file)
    {
        const ulong twoMiB = 0x20_0000;
        bool isX64 = file.Architecture == Architecture.X64;
        return new KernelImage
        {
            Source = file.Elf.Source,
            Format = "FreeBSD kernel",
            Architecture = file.Architecture,
            Version = file.Version,
            EntryPoints = [new KernelEntry("e_entry", file.Elf.Entry, IsOffset: false)],
            Rules = new LoadRules
            {
                PreferredAddress = file.Relocatable ? null : new PhysicalAddress(twoMiB),
                Relocatable = file.Relocatable,
                Alignment = twoMiB,
                MinAlignment = twoMiB,
                Min = isX64 ? new PhysicalAddress(twoMiB) : PhysicalAddress.Zero,
                Max = isX64 ? PhysicalAddress.FourGiB : new PhysicalAddress(ulong.MaxValue),
            },
            LoadedLength = file.Loads.Sum(s => s.FileSize),
            MemorySize = file.End - file.Start,
            Flags = [],
            Findings = file.Symbols is not null
                ? []
                : [new Finding(
                    Severity.Warning,
                    "no-symbols",
                    "No symbol table: whether the kernel is relocatable cannot be seen, and it is taken to be not.")],
            Details = file,
        };
    }
}
