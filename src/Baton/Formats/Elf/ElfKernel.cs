using Baton.Bytes;
using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Formats.Elf;

/// <summary>An ELF file as one kernel among others: entry points and load rules.</summary>
internal static class ElfKernel
{
    /// <summary>Describes it.</summary>
    public static KernelImage Describe(ElfFile file)
    {
        ImageLocation where = new(file.Source.Name, ElfFields.Machine.Offset, ElfFields.Machine.Name);
        Architecture architecture = file.Architecture ?? throw new ImageFormatException(
            ImageError.WrongArchitecture,
            where,
            $"found {(ushort)file.Machine} ({file.Machine}), expected {(int)ElfMachine.X64} (x86-64) "
            + $"or {(int)ElfMachine.AArch64} (arm64)");
        List<ElfSegment> segments = [.. file.LoadSegments.Where(s => s.MemorySize > 0)];
        if (segments.Count == 0 || file.Type is not (ElfType.Executable or ElfType.Shared))
        {
            throw new ImageFormatException(
                ImageError.UnknownFormat,
                where with { Offset = ElfFields.Type.Offset, Field = ElfFields.Type.Name },
                $"found an ELF file of type {(ushort)file.Type} ({file.Type}) with {segments.Count} load segments, "
                + "expected an executable one");
        }

        List<Finding> findings = [];
        if (!segments.Any(s => s.ContainsPhysical(file.Entry) || s.ContainsVirtual(file.Entry)))
        {
            findings.Add(new Finding(
                Severity.Warning, "entry-outside", $"The entry point 0x{file.Entry:x} lies in no load segment."));
        }

        List<KernelEntry> entries = [new KernelEntry("e_entry", file.Entry, IsOffset: false)];
        if (file.PvhEntry is { } pvh)
        {
            entries.Add(new KernelEntry("PVH, 32-bit", pvh, IsOffset: false));
        }

        ulong start = segments.Min(s => s.PhysicalAddress);
        ulong end = segments.Max(s => s.PhysicalAddress + s.MemorySize);
        ulong alignment = Math.Max(1, segments.Max(s => s.Alignment));
        string? version = file.FindLinuxVersion();
        return new KernelImage
        {
            Source = file.Source,
            Format = "ELF64",
            Architecture = architecture,
            Version = version is null ? null : $"Linux {version}",
            EntryPoints = entries,
            Rules = new LoadRules
            {
                PreferredAddress = new PhysicalAddress(start),
                Relocatable = false,
                Alignment = alignment,
                MinAlignment = alignment,
                Min = new PhysicalAddress(start),
                Max = new PhysicalAddress(end),
            },
            LoadedLength = segments.Sum(s => s.FileSize),
            MemorySize = end - start,
            Flags = [],
            Findings = findings,
            Details = file,
        };
    }
}
