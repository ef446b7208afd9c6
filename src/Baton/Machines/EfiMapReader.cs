using Baton.Bytes;
using Baton.Memory;

namespace Baton.Machines;

/// <summary>
/// The firmware's whole memory map. No file of sysfs has it: it lies in physical memory, where boot_params say, and comes
/// here as the record's own file <see cref="RecordPaths.EfiMap"/>.
/// </summary>
internal static class EfiMapReader
{
    private const ulong PageSize = 4096;

    /// <summary>Bytes of EFI_MEMORY_DESCRIPTOR (UEFI 2.10 section 7.2.3); firmware may leave room behind each.</summary>
    private const int SmallestDescriptor = 40;

    private static readonly Field<uint> Type = new(0, "Type");
    private static readonly Field<ulong> PhysicalStart = new(8, "PhysicalStart");
    private static readonly Field<ulong> VirtualStart = new(16, "VirtualStart");
    private static readonly Field<ulong> NumberOfPages = new(24, "NumberOfPages");
    private static readonly Field<ulong> Attribute = new(32, "Attribute");

    /// <summary>Adds the map, or why there is none, to what is known of the firmware.</summary>
    /// <param name="efi">What is known.</param>
    /// <param name="tree">The machine's files.</param>
    /// <param name="place">Where the map lies; null when nobody says.</param>
    /// <param name="firmware">What the running kernel's loader made of the map: one that is whole has all of its RAM.</param>
    public static EfiFirmware Read(EfiFirmware efi, IFileTree tree, EfiMapPlace? place, MemoryMap firmware)
    {
        if (place is null)
        {
            return efi with { CompleteMapProblem = "/sys/kernel/boot_params/data does not say where it lies" };
        }

        TreeFile file = tree.Read(RecordPaths.EfiMap);
        if (!file.IsPresent)
        {
            return efi with
            {
                HiddenMap = IsWhole(place, efi, firmware) ? place : null,
                CompleteMapProblem = $"neither /dev/mem nor /proc/kcore shows the memory at {place.Range} "
                    + "(they do to root, as far as the kernel's configuration and lockdown allow)",
            };
        }

        ByteView bytes = new(file.Bytes.Span, TextFile.Of(tree, RecordPaths.EfiMap, file).Name);
        if (WhyNot(place, bytes) is { } problem)
        {
            return efi with { CompleteMapProblem = problem };
        }

        List<EfiMemoryDescriptor> map = [];
        for (int at = 0; at < bytes.Length; at += (int)place.DescriptorSize)
        {
            PhysicalAddress start = new(PhysicalStart.ReadAt(bytes, at));
            ulong pages = NumberOfPages.ReadAt(bytes, at);
            if (pages > ulong.MaxValue / PageSize || !PhysicalRange.Fits(start, pages * PageSize))
            {
                return efi with { CompleteMapProblem = $"what lies at {place.Range} is no memory map" };
            }

            map.Add(new EfiMemoryDescriptor(
                Type.ReadAt(bytes, at),
                new PhysicalRange(start, pages * PageSize),
                VirtualStart.ReadAt(bytes, at),
                Attribute.ReadAt(bytes, at)));
        }

        RangeSet told = RangeSet.Of(map.Where(descriptor => descriptor.IsMemory).Select(descriptor => descriptor.Range));
        return firmware.Ram.Subtract(told) is { Count: > 0 } missing
            ? efi with
            {
                CompleteMapProblem = $"the map at {place.Range} does not have all of the memory, {missing[0]} for one: "
                    + (told.Count == 0
                        ? "the running kernel was given the runtime regions alone, as by kexec"
                        : "as with memory that was plugged in after the firmware had made it"),
            }
            : efi with { CompleteMap = map };
    }

    /// <summary>
    /// What the EFI stub has put among the ACPI tables is the firmware's own map. A kernel that was started by kexec finds
    /// the runtime regions alone, in ordinary memory.
    /// </summary>
    private static bool IsWhole(EfiMapPlace place, EfiFirmware efi, MemoryMap firmware) =>
        place is { DescriptorSize: >= SmallestDescriptor, DescriptorVersion: 1 }
        && place.Range.Length % place.DescriptorSize == 0
        && place.Range.Length / place.DescriptorSize > (ulong)efi.RuntimeMap.Count
        && firmware.OfKind(MemoryKind.AcpiTables).Contains(place.Range);

    private static string? WhyNot(EfiMapPlace place, ByteView bytes) =>
        place.DescriptorSize < SmallestDescriptor || (ulong)bytes.Length % place.DescriptorSize != 0
            ? $"{bytes.Length} bytes are no whole descriptors of {place.DescriptorSize}"
        : (ulong)bytes.Length != place.Range.Length
            ? $"{bytes.Length} bytes were read of the {place.Range.Length} at {place.Range.Start}"
        : null;
}
