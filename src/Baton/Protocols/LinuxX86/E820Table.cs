using Baton.Bytes;
using Baton.Formats.BzImage;
using Baton.Memory;

namespace Baton.Protocols.LinuxX86;

/// <summary>
/// The memory map as the next kernel is given it: boot_params.e820_table, and what does not fit there in a setup_data
/// of type SETUP_E820_EXT (Documentation/arch/x86/zero-page.rst).
/// </summary>
public static class E820Table
{
    private static readonly Field<ulong> Address = new(0, "addr");
    private static readonly Field<ulong> Size = new(8, "size");
    private static readonly Field<uint> Type = new(16, "type");

    /// <summary>Writes the first entries and their number into boot_params.</summary>
    /// <returns>The entries that did not fit, for SETUP_E820_EXT; empty when all did.</returns>
    public static byte[] Write(Span<byte> bootParams, MemoryMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        int inside = Math.Min(map.Count, BootParamsFields.E820MaxEntries);
        BootParamsFields.E820Entries.Write(bootParams, (byte)inside);
        WriteEntries(bootParams[BootParamsFields.E820Table.Offset..], map.Take(inside));
        byte[] rest = new byte[(map.Count - inside) * BootParamsFields.E820EntrySize];
        WriteEntries(rest, map.Skip(inside));
        return rest;
    }

    private static void WriteEntries(Span<byte> table, IEnumerable<MemoryRegion> regions)
    {
        foreach (MemoryRegion region in regions)
        {
            Address.Write(table, region.Range.Start.Value);
            Size.Write(table, region.Range.Length);
            Type.Write(table, region.Kind.Type);
            table = table[BootParamsFields.E820EntrySize..];
        }
    }
}
