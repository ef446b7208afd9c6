using System.Buffers.Binary;

namespace Baton.Differential;

/// <summary>
/// The page tables of the paged modes. The low memory of the cases and the guest itself are where they are without
/// paging; code, data and stack are seen at high addresses as well. All entries have been accessed and written before.
/// </summary>
public static class PageTables
{
    public const ulong Code32 = 0x80040000;
    public const ulong Code64 = 0xFFFFFFFF80040000;
    public const ulong NearData32 = 0x80100000;
    public const ulong NearData64 = 0xFFFFFFFF80100000;

    /// <summary>Two pages of data, a read-only one, and nothing behind.</summary>
    public const ulong Data = 0xBFFFE000;

    /// <summary>Two pages of data at the end of the lower half.</summary>
    public const ulong CanonicalEdge = 0x00007FFFFFFFE000;

    /// <summary>One page of stack between two that are not present.</summary>
    public const ulong Stack = 0xD0010000;

    public const uint Root32 = (uint)GuestLayout.PageTables;
    public const uint RootPae = (uint)GuestLayout.PageTables + 0x20000;
    public const uint Root64 = (uint)GuestLayout.PageTables + 0x40000;
    public const uint Root57 = (uint)GuestLayout.PageTables + 0x60000;

    /// <summary>Bytes of all tables.</summary>
    public const int TotalSize = 0x80000;

    private const ulong NoExecute = 1UL << 63;
    private const ulong Table = 0x67;
    private const ulong Writable = 0x63;
    private const ulong ReadOnly = 0x61;

    /// <summary>The tables as they go to <see cref="GuestLayout.PageTables"/>.</summary>
    public static byte[] Build()
    {
        byte[] memory = new byte[TotalSize];
        Map32(new Builder(memory, Root32));
        MapPae(new Builder(memory, RootPae));
        Builder four = new(memory, Root64);
        MapLong(four, 4);
        Builder five = new(memory, Root57);
        MapLong(five, 5);
        return memory;
    }

    private static IEnumerable<(ulong Linear, ulong Physical, ulong Flags)> Pages(bool noExecute)
    {
        ulong data = Writable | (noExecute ? NoExecute : 0);
        ulong constant = ReadOnly | (noExecute ? NoExecute : 0);
        ulong low = (ulong)GuestLayout.LowData;
        ulong first = (ulong)GuestLayout.FirstData;
        ulong second = (ulong)GuestLayout.SecondData;
        ulong stack = (ulong)GuestLayout.Stack;
        yield return (low, low, data);
        yield return (first, first, data);
        yield return (second, second, data);
        yield return (stack, stack, data);
        foreach (ulong near in new[] { NearData32, Data })
        {
            yield return (near, first, data);
            yield return (near + 0x1000, second, data);
        }

        yield return (Data + 0x2000, first, constant);
        yield return (Stack, stack, data);
        for (ulong i = 0; i < GuestLayout.CodeAreaSize; i += 0x1000)
        {
            yield return ((ulong)GuestLayout.CodeArea + i, (ulong)GuestLayout.CodeArea + i, ReadOnly);
            yield return (Code32 + i, (ulong)GuestLayout.CodeArea + i, ReadOnly);
        }

        for (ulong i = 0; i < GuestLayout.LowCodeAreaSize; i += 0x1000)
        {
            yield return ((ulong)GuestLayout.LowCodeArea + i, (ulong)GuestLayout.LowCodeArea + i, ReadOnly);
        }
    }

    private static void Map32(Builder tables)
    {
        foreach ((ulong linear, ulong physical, ulong flags) in Pages(noExecute: false))
        {
            ulong table = tables.Below(tables.Root, linear >> 22, 4, Table);
            tables.Write(table + ((linear >> 12) & 0x3FF) * 4, 4, physical | flags);
        }

        for (ulong linear = GuestLayout.GuestStart; linear < GuestLayout.GuestEnd; linear += 1 << 22)
        {
            tables.Write(tables.Root + (linear >> 22) * 4, 4, linear | 0xE3);
        }
    }

    private static void MapPae(Builder tables)
    {
        foreach ((ulong linear, ulong physical, ulong flags) in Pages(noExecute: true).Concat(Guest()))
        {
            ulong directory = tables.Below(tables.Root, linear >> 30, 8, 1);
            MapLow(tables, directory, linear, physical, flags);
        }
    }

    private static void MapLong(Builder tables, int levels)
    {
        List<(ulong Linear, ulong Physical, ulong Flags)> pages = [.. Pages(noExecute: true), .. Guest()];
        foreach (ulong near in new[] { NearData64, CanonicalEdge })
        {
            pages.Add((near, (ulong)GuestLayout.FirstData, Writable | NoExecute));
            pages.Add((near + 0x1000, (ulong)GuestLayout.SecondData, Writable | NoExecute));
        }

        for (ulong i = 0; i < GuestLayout.CodeAreaSize; i += 0x1000)
        {
            pages.Add((Code64 + i, (ulong)GuestLayout.CodeArea + i, ReadOnly));
        }

        foreach ((ulong linear, ulong physical, ulong flags) in pages)
        {
            ulong table = tables.Root;
            for (int shift = levels == 5 ? 48 : 39; shift >= 30; shift -= 9)
            {
                table = tables.Below(table, (linear >> shift) & 0x1FF, 8, Table);
            }

            MapLow(tables, table, linear, physical, flags);
        }
    }

    private static IEnumerable<(ulong Linear, ulong Physical, ulong Flags)> Guest()
    {
        for (ulong linear = GuestLayout.GuestStart; linear < GuestLayout.GuestEnd; linear += 1 << 21)
        {
            yield return (linear, linear, 0xE3);
        }
    }

    private static void MapLow(Builder tables, ulong directory, ulong linear, ulong physical, ulong flags)
    {
        if ((flags & 0x80) != 0)
        {
            tables.Write(directory + ((linear >> 21) & 0x1FF) * 8, 8, physical | flags);
            return;
        }

        ulong table = tables.Below(directory, (linear >> 21) & 0x1FF, 8, Table);
        tables.Write(table + ((linear >> 12) & 0x1FF) * 8, 8, physical | flags);
    }

    /// <summary>Tables that grow from a root.</summary>
    private sealed class Builder(byte[] memory, uint root)
    {
        private ulong _free = root + 0x1000;

        public ulong Root { get; } = root;

        /// <summary>The table that an entry of a table points to; made if need be.</summary>
        public ulong Below(ulong table, ulong index, int size, ulong flags)
        {
            ulong entry = Read(table + index * (ulong)size, size);
            if (entry == 0)
            {
                entry = _free | flags;
                _free += 0x1000;
                Write(table + index * (ulong)size, size, entry);
            }

            return entry & 0x000FFFFFFFFFF000;
        }

        public void Write(ulong address, int size, ulong value)
        {
            Span<byte> at = memory.AsSpan((int)(address - GuestLayout.PageTables), size);
            if (size == 4)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(at, (uint)value);
            }
            else
            {
                BinaryPrimitives.WriteUInt64LittleEndian(at, value);
            }
        }

        private ulong Read(ulong address, int size)
        {
            ReadOnlySpan<byte> at = memory.AsSpan((int)(address - GuestLayout.PageTables), size);
            return size == 4 ? BinaryPrimitives.ReadUInt32LittleEndian(at) : BinaryPrimitives.ReadUInt64LittleEndian(at);
        }
    }
}
