using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Formats.BzImage;

/// <summary>A bzImage as one kernel among others: entry points and load rules (Documentation/arch/x86/boot.rst).</summary>
internal static class BzImageKernel
{
    /// <summary>Describes it.</summary>
    public static KernelImage Describe(BzImageFile file)
    {
        BzImageHeader header = file.Header;
        List<Finding> findings = [.. file.Findings];
        bool has64 = header.XLoadFlags.HasFlag(XLoadFlags.Kernel64);
        if (!has64)
        {
            string reason = header.Has(SetupFields.Xloadflags.Name)
                ? "XLF_KERNEL_64 is not set: a 32-bit kernel"
                : $"boot protocol {header.VersionText} does not say whether there is one";
            findings.Add(new Finding(Severity.Warning, "no-64-bit-entry", $"No 64-bit entry point: {reason}."));
        }

        List<KernelEntry> entries = [new KernelEntry("32-bit", 0, IsOffset: true)];
        if (file.Entry64Offset is { } entry64)
        {
            entries.Add(new KernelEntry("64-bit", (ulong)entry64, IsOffset: true));
        }

        AddHandover(entries, header);
        PhysicalAddress preferred = header.PrefAddress;
        return new KernelImage
        {
            Source = file.Source,
            Format = "bzImage",
            Architecture = has64 ? Architecture.X64 : Architecture.X86,
            Version = file.Version,
            ProtocolVersion = header.VersionText,
            EntryPoints = entries,
            Rules = new LoadRules
            {
                PreferredAddress = preferred,
                Relocatable = header.Relocatable,
                Alignment = header.KernelAlignment,
                MinAlignment = header.MinAlignment,

                // Loaded lower, a relocatable kernel moves itself up to its preferred address.
                Min = preferred,
                Max = header.XLoadFlags.HasFlag(XLoadFlags.CanBeLoadedAbove4G)
                    ? new PhysicalAddress(ulong.MaxValue)
                    : PhysicalAddress.FourGiB,
            },
            LoadedLength = file.KernelLength,
            MemorySize = file.InitSize,
            Payload = BzImagePayload.Find(file),
            CommandLineLimit = file.CommandLineLimit,
            Flags = BzImageFlags.NamesOf(header),
            Findings = findings,
            Details = file,
        };
    }

    private static void AddHandover(List<KernelEntry> entries, BzImageHeader header)
    {
        if (header.HandoverOffset == 0)
        {
            return;
        }

        if (header.XLoadFlags.HasFlag(XLoadFlags.EfiHandover32))
        {
            entries.Add(new KernelEntry("EFI handover, 32-bit", header.HandoverOffset, IsOffset: true));
        }

        if (header.XLoadFlags.HasFlag(XLoadFlags.EfiHandover64))
        {
            // Specified as 0x200 bytes behind the 32-bit one.
            entries.Add(new KernelEntry(
                "EFI handover, 64-bit", header.HandoverOffset + (ulong)BzImageFile.Entry64, IsOffset: true));
        }
    }
}
