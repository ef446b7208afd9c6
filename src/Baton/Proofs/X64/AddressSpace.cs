using Baton.Memory;

namespace Baton.Proofs.X64;

/// <summary>What a page may be used for, and how it is cached.</summary>
[Flags]
public enum PageRights
{
    None = 0,
    Write = 1 << 0,
    Execute = 1 << 1,
    User = 1 << 2,

    /// <summary>PWT, PCD or PAT is set somewhere on the way: not plain write-back memory.</summary>
    OddCaching = 1 << 3,
}

/// <summary>A run of linear addresses that is mapped to a run of physical ones, all with the same rights.</summary>
/// <param name="Linear">The first linear address.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Physical">Where the first one leads.</param>
/// <param name="Rights">What the tables allow.</param>
public readonly record struct Mapping(ulong Linear, ulong Length, ulong Physical, PageRights Rights)
{
    /// <summary>The first linear address behind it; 0 when it reaches the top of the address space.</summary>
    public ulong End => unchecked(Linear + Length);

    public override string ToString() => $"0x{Linear:x} to 0x{Physical:x}, 0x{Length:x} bytes";
}

/// <summary>
/// All that the page tables of long mode map: read from memory table by table, apart from the processor's own walk, as
/// a second opinion on it (Intel SDM volume 3, section 4.5).
/// </summary>
public sealed class AddressSpace
{
    private const ulong Present = 1 << 0;
    private const ulong Writable = 1 << 1;
    private const ulong UserBit = 1 << 2;
    private const ulong WriteThrough = 1 << 3;
    private const ulong CacheDisable = 1 << 4;
    private const ulong Large = 1 << 7;
    private const ulong NoExecute = 1UL << 63;
    private const ulong SmallPat = 1 << 7;
    private const ulong LargePat = 1 << 12;
    private const int Entries = 512;

    private readonly PhysicalMemory _memory;
    private readonly ulong _addressMask;
    private readonly bool _hasNoExecute;
    private readonly bool _hasGigabytePages;

    /// <summary>The highest bit of a linear address, which those above it repeat: 47 or 56.</summary>
    private readonly int _topBit;

    private readonly List<Mapping> _mappings = [];
    private readonly HashSet<ulong> _tables = [];
    private readonly List<string> _problems = [];
    private int _visits;

    private AddressSpace(PhysicalMemory memory, int physicalBits, bool hasNoExecute, bool hasGigabytePages, int levels)
    {
        _memory = memory;
        _addressMask = ((1UL << physicalBits) - 1) & ~0xFFFUL;
        _hasNoExecute = hasNoExecute;
        _hasGigabytePages = hasGigabytePages;
        _topBit = 11 + (9 * levels);
    }

    /// <summary>The mappings by rising linear address, neighbours joined.</summary>
    public IReadOnlyList<Mapping> Mappings => _mappings;

    /// <summary>The page numbers of the tables.</summary>
    public IReadOnlySet<ulong> Tables => _tables;

    /// <summary>Entries that lead nowhere or break a rule; empty for good tables.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Reads the tables that a processor in long mode uses.</summary>
    /// <param name="memory">The memory that they are in.</param>
    /// <param name="state">The processor's registers: CR3, CR4 and EFER count.</param>
    /// <param name="physicalBits">Bits of a physical address; an entry with one above is malformed.</param>
    /// <param name="gigabytePages">Whether there are pages of 1 GiB; else an entry for one is malformed.</param>
    public static AddressSpace Read(PhysicalMemory memory, X64State state, int physicalBits, bool gigabytePages)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentNullException.ThrowIfNull(state);
        int levels = (state.Cr4 & X64Cr4.LA57) != 0 ? 5 : 4;
        AddressSpace space = new(memory, physicalBits, (state.Efer & X64Efer.NXE) != 0, gigabytePages, levels);
        space.Descend(state.Cr3 & space._addressMask, levels, 0, PageRights.Write | PageRights.Execute | PageRights.User);
        return space;
    }

    /// <summary>Why a range is not mapped one to one, for reading, writing and execution; null when it is.</summary>
    public string? WhyNotIdentity(PhysicalRange range)
    {
        ulong at = range.Start.Value;
        int i = IndexAtOrBelow(at);
        while (at < range.End.Value)
        {
            if (i < 0 || i >= _mappings.Count || _mappings[i].Linear > at || at - _mappings[i].Linear >= _mappings[i].Length)
            {
                return $"0x{at:x} is not mapped";
            }

            Mapping mapping = _mappings[i];
            if (mapping.Linear != mapping.Physical)
            {
                return $"0x{at:x} is mapped to 0x{mapping.Physical + (at - mapping.Linear):x}";
            }

            if (!mapping.Rights.HasFlag(PageRights.Write) || !mapping.Rights.HasFlag(PageRights.Execute))
            {
                return $"0x{at:x} is mapped {(mapping.Rights.HasFlag(PageRights.Write) ? "no-execute" : "read-only")}";
            }

            at = mapping.End;
            i++;
        }

        return null;
    }

    private void Descend(ulong table, int level, ulong linear, PageRights rights)
    {
        // Tables that lead back to themselves are legal and endless; no real set has so many.
        const int MaxVisits = 1 << 16;
        if (++_visits > MaxVisits)
        {
            Report($"more than {MaxVisits} tables");
            return;
        }

        if (_memory.FindPage(table / PhysicalMemory.PageSize) is not { } page
            || page.FirstUnwritten(0, PhysicalMemory.PageSize) is not null)
        {
            Report($"the level {level} table at 0x{table:x} is not memory that somebody has written");
            return;
        }

        _tables.Add(page.Number);
        int shift = 12 + (9 * (level - 1));
        for (int i = 0; i < Entries; i++)
        {
            ulong entry = page.Peek(i * sizeof(ulong), sizeof(ulong));
            if ((entry & Present) != 0)
            {
                Follow(entry, level, SignExtend(linear | ((ulong)i << shift)), rights, table + ((ulong)i * sizeof(ulong)));
            }
        }
    }

    private void Follow(ulong entry, int level, ulong linear, PageRights rights, ulong place)
    {
        bool isLeaf = level == 1 || (entry & Large) != 0;
        ulong size = 1UL << (12 + (9 * (level - 1)));
        ulong lowBits = isLeaf ? (size - 1) & ~0xFFFUL & ~(level > 1 ? LargePat : 0) : 0;
        ulong reserved = (~_addressMask & 0x000F_FFFF_FFFF_F000) | lowBits | (_hasNoExecute ? 0 : NoExecute);
        if (isLeaf && (level > 3 || (level == 3 && !_hasGigabytePages)))
        {
            Report($"the level {level} entry at 0x{place:x} has the page-size bit set: 0x{entry:x16}");
            return;
        }

        if ((entry & reserved) != 0)
        {
            Report($"the level {level} entry at 0x{place:x} has reserved bits set: 0x{entry & reserved:x} of 0x{entry:x16}");
            return;
        }

        rights &= ((entry & Writable) != 0 ? PageRights.Write : 0) | ((entry & UserBit) != 0 ? PageRights.User : 0)
            | ((entry & NoExecute) == 0 ? PageRights.Execute : 0) | PageRights.OddCaching;
        ulong caching = WriteThrough | CacheDisable | (!isLeaf ? 0 : level == 1 ? SmallPat : LargePat);
        rights |= (entry & caching) != 0 ? PageRights.OddCaching : 0;
        ulong target = entry & _addressMask & ~(isLeaf ? size - 1 : 0);
        if (isLeaf)
        {
            Add(new Mapping(linear, size, target, rights));
        }
        else
        {
            Descend(target, level - 1, linear, rights);
        }
    }

    private ulong SignExtend(ulong linear) =>
        ((linear >> _topBit) & 1) != 0 ? linear | (ulong.MaxValue << _topBit) : linear;

    private void Add(Mapping mapping)
    {
        if (_mappings.Count > 0 && _mappings[^1] is { } last && last.End == mapping.Linear && last.Rights == mapping.Rights
            && unchecked(last.Physical + last.Length) == mapping.Physical)
        {
            _mappings[^1] = last with { Length = last.Length + mapping.Length };
        }
        else
        {
            _mappings.Add(mapping);
        }
    }

    private void Report(string problem)
    {
        const int Enough = 8;
        if (_problems.Count < Enough)
        {
            _problems.Add(problem);
        }
    }

    private int IndexAtOrBelow(ulong linear)
    {
        int low = 0;
        int high = _mappings.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (_mappings[middle].Linear <= linear)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return high;
    }
}
