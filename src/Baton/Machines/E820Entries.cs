using Baton.Bytes;
using Baton.Memory;
using Fields = Baton.Formats.BzImage.BootParamsFields;

namespace Baton.Machines;

/// <summary>An array of <c>boot_e820_entry</c> (Documentation/arch/x86/zero-page.rst), as a loader left it.</summary>
internal static class E820Entries
{
    private static readonly Field<ulong> Addr = new(0, "e820_table.addr");
    private static readonly Field<ulong> Size = new(8, "e820_table.size");
    private static readonly Field<uint> Type = new(16, "e820_table.type");

    /// <summary>Reads entries.</summary>
    /// <param name="image">What they are in.</param>
    /// <param name="start">Offset of the first one, in bytes.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="source">Who said so, for the regions.</param>
    /// <exception cref="ImageFormatException">They end too early, or one of them wraps.</exception>
    public static List<MemoryRegion> Read(ByteView image, int start, int count, string source)
    {
        List<MemoryRegion> regions = [];
        for (int i = 0; i < count; i++)
        {
            int origin = start + (i * Fields.E820EntrySize);
            PhysicalAddress address = new(Addr.ReadAt(image, origin));
            ulong size = Size.ReadAt(image, origin);
            if (!PhysicalRange.Fits(address, size))
            {
                throw image.Fault(
                    ImageError.OutOfRange,
                    origin + Size.Offset,
                    Size.Name,
                    $"0x{size:x} bytes from {address} reach beyond the 64-bit address space");
            }

            MemoryRegion region = new(new PhysicalRange(address, size), new MemoryKind(Type.ReadAt(image, origin)), source);
            if (region.IsImpossible)
            {
                throw image.Fault(
                    ImageError.OutOfRange,
                    origin + Addr.Offset,
                    Addr.Name,
                    $"{region.Kind} {region.Range}, {ImpossibleAddress.Expected}");
            }

            regions.Add(region);
        }

        return regions;
    }
}
