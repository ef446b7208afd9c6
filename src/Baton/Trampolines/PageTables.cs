using System.Buffers.Binary;
using Baton.Memory;

namespace Baton.Trampolines;

/// <summary>
/// Long-mode page tables that map physical memory to itself (Intel SDM volume 3, section 4.5), for 4-level and for
/// 5-level paging at once: the PML5 table refers to the same PML4 table that is the 4-level root.
/// <para>
/// What is mapped is the given set, grown to whole pages of 2 MiB, and nothing more: the processor reads ahead of the
/// program wherever a page allows it, and behind a hole in memory may be a device. A page of 1 GiB is used only where
/// all of it is in the set. Everything may be written and executed, and is marked accessed and dirty already.
/// </para>
/// <para>
/// A 4-level walk reaches identity addresses below 2^47: the next address would need the bits above to be copies of
/// bit 47. With 5 levels all 52 bits of a physical address are reached.
/// </para>
/// </summary>
public sealed class PageTables
{
    /// <summary>Bytes of one table.</summary>
    public const ulong PageSize = 4096;

    private const ulong LargePage = 1UL << 21;
    private const ulong Gibibyte = 1UL << 30;

    /// <summary>Bytes that one entry of a PML4 table, and of a PML5 table, covers.</summary>
    private const ulong Pml4Entry = 1UL << 39;
    private const ulong Pml5Entry = 1UL << 48;

    private const int EntriesPerTable = 512;

    private const ulong Present = 1 << 0;
    private const ulong Writable = 1 << 1;
    private const ulong Accessed = 1 << 5;
    private const ulong Dirty = 1 << 6;
    private const ulong IsPage = 1 << 7;

    private const ulong Table = Present | Writable | Accessed;
    private const ulong Leaf = Table | Dirty | IsPage;

    private readonly byte[] _bytes;
    private int _next = 1;

    private PageTables(PhysicalAddress start, Units units)
    {
        Start = start;
        _bytes = new byte[checked((int)(units.Count * PageSize))];
        Fill(units);
    }

    /// <summary>Where the tables lie.</summary>
    public PhysicalAddress Start { get; }

    /// <summary>The tables, one page each.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>The value of CR3 for 5-level paging: the PML5 table.</summary>
    public PhysicalAddress Root5 => Start;

    /// <summary>The value of CR3 for 4-level paging: the PML4 table of the lowest 256 TiB.</summary>
    public PhysicalAddress Root4 => Start + PageSize;

    /// <summary>The number of pages that the tables for a set take, wherever they will lie.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The set holds an address of more than 52 bits.</exception>
    public static ulong PagesFor(RangeSet identity, PagingOptions options) => new Units(identity, options).Count;

    /// <summary>Makes the tables.</summary>
    /// <param name="identity">The memory to map.</param>
    /// <param name="options">What they may use.</param>
    /// <param name="start">Where they will lie: a page boundary.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The set holds an address of more than 52 bits, or <paramref name="start"/> is not on a page boundary.
    /// </exception>
    public static PageTables Build(RangeSet identity, PagingOptions options, PhysicalAddress start)
    {
        if (!start.IsAligned(PageSize))
        {
            throw new ArgumentOutOfRangeException(
                nameof(start), $"page tables cannot lie at {start}: not a page boundary");
        }

        return new PageTables(start, new Units(identity, options));
    }

    private void Fill(Units units)
    {
        // The lowest PML4 table is always there, and always the second page: it is the 4-level root.
        Dictionary<ulong, int> pml4 = Allocate(units.Pml4Tables, Pml5Entry);
        Dictionary<ulong, int> pdpt = Allocate(units.PointerTables, Pml4Entry);
        Dictionary<ulong, int> directory = Allocate(units.Directories, Gibibyte);

        foreach ((ulong index, int table) in pml4)
        {
            Link(0, index, table);
        }

        foreach ((ulong index, int table) in pdpt)
        {
            Link(pml4[index / EntriesPerTable], index, table);
        }

        foreach ((ulong index, int table) in directory)
        {
            Link(pdpt[index / EntriesPerTable], index, table);
        }

        foreach (ulong index in Indices(units.GigabytePages, Gibibyte))
        {
            Write(pdpt[index / EntriesPerTable], index, (index * Gibibyte) | Leaf);
        }

        foreach (ulong index in Indices(units.LargePages, LargePage))
        {
            Write(directory[index / EntriesPerTable], index, (index * LargePage) | Leaf);
        }
    }

    /// <summary>Gives each unit that a set touches a table, in the order of their addresses.</summary>
    private Dictionary<ulong, int> Allocate(RangeSet units, ulong size)
    {
        Dictionary<ulong, int> tables = [];
        foreach (ulong index in Indices(units, size))
        {
            tables.Add(index, _next);
            _next++;
        }

        return tables;
    }

    private void Link(int table, ulong index, int target) =>
        Write(table, index, (Start + ((ulong)target * PageSize)).Value | Table);

    private void Write(int table, ulong index, ulong entry)
    {
        int offset = (table * (int)PageSize) + ((int)(index % EntriesPerTable) * sizeof(ulong));
        BinaryPrimitives.WriteUInt64LittleEndian(_bytes.AsSpan(offset), entry);
    }

    private static IEnumerable<ulong> Indices(RangeSet units, ulong size)
    {
        foreach (PhysicalRange range in units)
        {
            for (ulong index = range.Start.Value / size; index < range.End.Value / size; index++)
            {
                yield return index;
            }
        }
    }

    /// <summary>Which tables and pages a set needs, each as the whole units of memory that they are for.</summary>
    private sealed class Units
    {
        public Units(RangeSet identity, PagingOptions options)
        {
            ArgumentNullException.ThrowIfNull(identity);
            ArgumentNullException.ThrowIfNull(options);
            if (identity.Count > 0 && identity[^1].End > PhysicalAddress.Limit)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(identity), $"{identity[^1]} cannot be mapped: a physical address has at most 52 bits");
            }

            GigabytePages = options.GigabytePages ? identity.ShrinkTo(Gibibyte) : RangeSet.Empty;
            LargePages = identity.GrowTo(LargePage).Subtract(GigabytePages);
            Directories = LargePages.GrowTo(Gibibyte);
            PointerTables = identity.GrowTo(Pml4Entry);
            Pml4Tables = identity.Union([new PhysicalRange(PhysicalAddress.Zero, 1)]).GrowTo(Pml5Entry);
        }

        public RangeSet GigabytePages { get; }

        public RangeSet LargePages { get; }

        public RangeSet Directories { get; }

        public RangeSet PointerTables { get; }

        public RangeSet Pml4Tables { get; }

        /// <summary>The number of tables, the PML5 table included.</summary>
        public ulong Count =>
            1 + (Pml4Tables.Length / Pml5Entry) + (PointerTables.Length / Pml4Entry) + (Directories.Length / Gibibyte);
    }
}
