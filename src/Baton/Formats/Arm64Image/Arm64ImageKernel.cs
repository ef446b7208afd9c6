using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Formats.Arm64Image;

/// <summary>An arm64 Image as one kernel among others: entry points and load rules (arch/arm64/booting.rst).</summary>
internal static class Arm64ImageKernel
{
    /// <summary>Describes it.</summary>
    public static KernelImage Describe(Arm64ImageFile file)
    {
        Arm64ImageHeader header = file.Header;
        List<KernelEntry> entries = [new KernelEntry("Image", 0, IsOffset: true)];
        if (file.Pe is { } pe)
        {
            entries.Add(new KernelEntry("EFI, PE", pe.AddressOfEntryPoint, IsOffset: true));
        }

        string? version = file.FindLinuxVersion();
        return new KernelImage
        {
            Source = file.Source,
            Format = "Image",
            Architecture = Architecture.Arm64,
            Version = version is null ? null : $"Linux {version}",
            EntryPoints = entries,
            Rules = new LoadRules
            {
                PreferredAddress = null,
                Offset = header.TextOffset,
                Relocatable = true,
                Alignment = Arm64ImageHeader.BaseAlignment,
                MinAlignment = Arm64ImageHeader.BaseAlignment,
                Min = new PhysicalAddress(header.TextOffset),
                Max = new PhysicalAddress(ulong.MaxValue),
            },
            LoadedLength = file.LoadedLength,
            MemorySize = file.MemorySize,
            Flags = Arm64ImageFlags.NamesOf(header),
            Findings = file.Findings,
            Details = file,
        };
    }
}
