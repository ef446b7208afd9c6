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
    /// <param name="ram">What the running kernel's loader took for RAM: a map that is whole has all of it.</param>
    public static EfiFirmware Read(EfiFirmware efi, IFileTree tree, EfiMapPlace? place, RangeSet ram)
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
                CompleteMapProblem = file.State == TreeFileState.Denied
                    ? $"the memory at {place.Range} may not be read: run as root, and without kernel lockdown"
                    : $"the memory at {place.Range} was not read",
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
        return ram.Subtract(told) is { Count: > 0 } missing
            ? efi with
            {
                CompleteMapProblem = $"the map at {place.Range} does not have all of the memory, {missing[0]} for one: the "
                    + "running kernel was given the runtime regions alone, as by kexec",
            }
            : efi with { CompleteMap = map };
    }

    private static string? WhyNot(EfiMapPlace place, ByteView bytes) =>
        place.DescriptorSize < SmallestDescriptor || (ulong)bytes.Length % place.DescriptorSize != 0
            ? $"{bytes.Length} bytes are no whole descriptors of {place.DescriptorSize}"
        : (ulong)bytes.Length != place.Range.Length
            ? $"{bytes.Length} bytes were read of the {place.Range.Length} at {place.Range.Start}"
        : null;
}
