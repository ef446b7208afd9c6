using Baton.Bytes;
using Baton.Memory;

namespace Baton.Protocols.FreeBsd;

/// <summary>
/// The memory map of a BIOS as the record SMAP has it: entries of 20 bytes, packed. The kernel takes their number from
/// the record's size.
/// </summary>
public static class SmapTable
{
    /// <summary>Bytes of an entry.</summary>
    public const int EntrySize = 20;

    /// <summary>The highest type that has a meaning to the kernel.</summary>
    private const uint Highest = 12;

    private static readonly Field<ulong> Base = new(0, "base");
    private static readonly Field<ulong> Length = new(8, "length");
    private static readonly Field<uint> Type = new(16, "type");

    /// <summary>Writes a map; types that only Linux knows become reserved.</summary>
    public static byte[] Write(MemoryMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        byte[] table = new byte[map.Count * EntrySize];
        Span<byte> place = table;
        foreach (MemoryRegion region in map)
        {
            Base.Write(place, region.Range.Start.Value);
            Length.Write(place, region.Range.Length);
            Type.Write(place, region.Kind.Type is > 0 and <= Highest ? region.Kind.Type : MemoryKind.Reserved.Type);
            place = place[EntrySize..];
        }

        return table;
    }

    /// <summary>Reads a map back.</summary>
    /// <exception cref="ImageFormatException">The size is not one of whole entries, or an entry wraps.</exception>
    public static IReadOnlyList<MemoryRegion> Read(ReadOnlyMemory<byte> bytes, string name)
    {
        ByteView table = new(bytes.Span, name);
        if (bytes.Length % EntrySize != 0)
        {
            throw table.Fault(ImageError.Inconsistent, 0, "size", $"{bytes.Length} bytes are no whole entries of {EntrySize}");
        }

        List<MemoryRegion> regions = [];
        for (int at = 0; at < bytes.Length; at += EntrySize)
        {
            PhysicalAddress start = new(Base.ReadAt(table, at));
            ulong length = Length.ReadAt(table, at);
            regions.Add(PhysicalRange.Fits(start, length)
                ? new MemoryRegion(new PhysicalRange(start, length), new MemoryKind(Type.ReadAt(table, at)), "SMAP")
                : throw table.Fault(ImageError.OutOfRange, at, Length.Name, $"0x{length:x} bytes from {start} wrap around"));
        }

        return regions;
    }
}
