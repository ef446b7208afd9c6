using Baton.Bytes;
using Baton.Machines;

namespace Baton.Protocols.LinuxX86;

/// <summary>
/// The EFI memory map that a kernel started by kexec gets: the runtime regions with the virtual addresses that the
/// firmware was told once and for all (SetVirtualAddressMap can be called only once; UEFI 2.10 section 8.4).
/// </summary>
public static class EfiMemoryMap
{
    /// <summary>Bytes a descriptor.</summary>
    public const int DescriptorSize = 40;

    /// <summary>EFI_MEMORY_DESCRIPTOR_VERSION.</summary>
    public const uint DescriptorVersion = 1;

    private static readonly Field<uint> Type = new(0, "Type");
    private static readonly Field<ulong> PhysicalStart = new(8, "PhysicalStart");
    private static readonly Field<ulong> VirtualStart = new(16, "VirtualStart");
    private static readonly Field<ulong> NumberOfPages = new(24, "NumberOfPages");
    private static readonly Field<ulong> Attribute = new(32, "Attribute");

    /// <summary>Builds the array of descriptors, by rising address.</summary>
    public static byte[] Build(IReadOnlyList<EfiMemoryDescriptor> descriptors)
    {
        ArgumentNullException.ThrowIfNull(descriptors);
        byte[] map = new byte[descriptors.Count * DescriptorSize];
        Span<byte> place = map;
        foreach (EfiMemoryDescriptor descriptor in descriptors.OrderBy(d => d.Range))
        {
            Type.Write(place, descriptor.Type);
            PhysicalStart.Write(place, descriptor.Range.Start.Value);
            VirtualStart.Write(place, descriptor.VirtualStart);
            NumberOfPages.Write(place, descriptor.Range.Length / 4096);
            Attribute.Write(place, descriptor.Attributes);
            place = place[DescriptorSize..];
        }

        return map;
    }
}
