using System.Buffers.Binary;
using Baton.Memory;

namespace Baton.Proofs.X64;

/// <summary>
/// Page tables as a running kernel leaves them to the image that it jumps to: a set of addresses mapped one to one,
/// exactly, with the largest pages that fit. All accessed and dirty bits are set, so that using them writes nothing.
/// </summary>
public sealed class IdentityTables
{
    // Present, writable, accessed, dirty.
    private const ulong TableBits = 0x23;
    private const ulong PageBits = 0x63;
    private const ulong Large = 1 << 7;
    private const int Entries = 512;
    private const int PageSize = PhysicalMemory.PageSize;

    private readonly List<byte[]> _pages = [];
    private readonly bool _gigabytePages;
    private readonly ulong _base;

    private IdentityTables(bool gigabytePages, ulong start)
    {
        _gigabytePages = gigabytePages;
        _base = start;
    }

    /// <summary>Bytes that the tables take.</summary>
    /// <param name="mapped">What they map; the ends are grown to whole pages.</param>
    /// <param name="levels">4 or 5.</param>
    /// <param name="gigabytePages">Whether there are pages of 1 GiB.</param>
    public static ulong Measure(RangeSet mapped, int levels, bool gigabytePages) =>
        (ulong)Fill(mapped, levels, gigabytePages, PhysicalAddress.Zero)._pages.Count * PageSize;

    /// <summary>The tables for a place.</summary>
    /// <param name="mapped">What they map; the ends are grown to whole pages.</param>
    /// <param name="levels">4 or 5.</param>
    /// <param name="gigabytePages">Whether there are pages of 1 GiB.</param>
    /// <param name="place">Where the root goes, a page boundary.</param>
    public static byte[] Build(RangeSet mapped, int levels, bool gigabytePages, PhysicalAddress place)
    {
        List<byte[]> pages = Fill(mapped, levels, gigabytePages, place)._pages;
        byte[] bytes = new byte[pages.Count * PageSize];
        for (int i = 0; i < pages.Count; i++)
        {
            pages[i].CopyTo(bytes, i * PageSize);
        }

        return bytes;
    }

    private static IdentityTables Fill(RangeSet mapped, int levels, bool gigabytePages, PhysicalAddress place)
    {
        ArgumentNullException.ThrowIfNull(mapped);
        IdentityTables tables = new(gigabytePages, place.Value);
        tables.NewPage();
        foreach (PhysicalRange range in mapped.GrowTo(PageSize))
        {
            tables.Map(0, levels, 0, range.Start.Value, range.End.Value);
        }

        return tables;
    }

    private int NewPage()
    {
        _pages.Add(new byte[PageSize]);
        return _pages.Count - 1;
    }

    /// <summary>Maps [start, end) in a table, whose first entry is for <paramref name="origin"/>.</summary>
    private void Map(int table, int level, ulong origin, ulong start, ulong end)
    {
        ulong size = 1UL << (12 + (9 * (level - 1)));
        for (int i = (int)((start - origin) / size); i < Entries && origin + ((ulong)i * size) < end; i++)
        {
            ulong first = origin + ((ulong)i * size);
            bool isWhole = start <= first && end >= first + size;
            Span<byte> entry = _pages[table].AsSpan(i * sizeof(ulong), sizeof(ulong));
            if (isWhole && level <= (_gigabytePages ? 3 : 2))
            {
                BinaryPrimitives.WriteUInt64LittleEndian(entry, first | PageBits | (level > 1 ? Large : 0));
                continue;
            }

            ulong known = BinaryPrimitives.ReadUInt64LittleEndian(entry);
            int next = known != 0 ? (int)(((known & ~0xFFFUL) - _base) / PageSize) : NewPage();
            BinaryPrimitives.WriteUInt64LittleEndian(entry, (_base + ((ulong)next * PageSize)) | TableBits);
            Map(next, level - 1, first, Math.Max(start, first), Math.Min(end, first + size));
        }
    }
}
