using System.Numerics;
using Baton.Memory;

namespace Baton.Proofs.Arm64;

/// <summary>
/// The state of the caches, line by line, as far as a program can get it wrong: is a line clean to the point of coherency,
/// may the data cache hold an older copy than memory, has the instruction cache been told of a change. It holds no
/// contents: memory always has the newest, and an access that might see anything else is refused.
/// </summary>
public sealed class CacheModel
{
    /// <summary>Bytes of a line, as CTR_EL0 says.</summary>
    public const int LineSize = CachePage.LineSize;

    /// <summary>Sets of the data cache, as CCSIDR_EL1 says.</summary>
    internal const int Sets = 256;

    /// <summary>Ways of the data cache, as CCSIDR_EL1 says.</summary>
    internal const int Ways = 4;

    private const int LinesPerPage = PhysicalMemory.PageSize / LineSize;

    private readonly Dictionary<ulong, CachePage> _pages = [];
    private readonly List<CachePage> _pending = [];
    private readonly uint[] _cleanedWays = new uint[Sets];
    private readonly uint[] _invalidatedWays = new uint[Sets];
    private bool _hasWays;

    /// <summary>Says that the lines of a range were written through the cache before the start, and never cleaned.</summary>
    public void MarkDirty(PhysicalRange range)
    {
        foreach ((CachePage page, ulong lines) in Lines(range, create: true))
        {
            page.WriteThroughCache(lines);
        }
    }

    /// <summary>Says that the instruction cache may hold something else for a range than memory does.</summary>
    public void MarkInstructionsStale(PhysicalRange range)
    {
        foreach ((CachePage page, ulong lines) in Lines(range, create: true))
        {
            page.InstructionStale |= lines;
        }
    }

    /// <summary>Forgets everything: as if all lines were clean, and the same in the caches as in memory.</summary>
    public void Forget()
    {
        foreach (CachePage page in _pages.Values)
        {
            page.Forget();
        }

        _pending.Clear();
    }

    /// <summary>The lines of a range that are not clean to the point of coherency, joined where they touch.</summary>
    public RangeSet NotClean(PhysicalRange range) => Select(range, page => page.Dirty);

    /// <summary>The lines of a range of which the data cache may hold a copy older than memory.</summary>
    public RangeSet Behind(PhysicalRange range) => Select(range, page => page.Behind);

    /// <summary>
    /// The lines of a range that the data cache may hold, be they clean: all that were not invalidated since the start. What is
    /// read through it since is not looked at: it is for programs that leave the caches off.
    /// </summary>
    public RangeSet MayHold(PhysicalRange range)
    {
        List<PhysicalRange> released = [];
        foreach ((CachePage page, ulong lines) in Lines(range, create: false))
        {
            released.AddRange(page.RangesOf(page.Released & lines));
        }

        return RangeSet.Of(range).Subtract(released);
    }

    /// <summary>The lines of a range that changed without an IC (and DSB and ISB) since.</summary>
    public RangeSet StaleInstructions(PhysicalRange range) => Select(range, page => page.InstructionStale);

    internal CachePage Page(ulong number)
    {
        if (!_pages.TryGetValue(number, out CachePage? page))
        {
            page = new CachePage(number, this);
            _pages.Add(number, page);
        }

        return page;
    }

    internal void CleanToCoherency(CachePage page, ulong lines)
    {
        page.CleaningToCoherency |= lines;
        Issue(page);
    }

    internal void CleanToUnification(CachePage page, ulong lines)
    {
        page.CleaningToUnification |= lines;
        Issue(page);
    }

    internal void Invalidate(CachePage page, ulong lines)
    {
        page.Invalidating |= lines;
        Issue(page);
    }

    /// <summary>IC: it does nothing for a line that would be fetched again from before the change.</summary>
    internal void InvalidateInstructions(CachePage page, ulong lines)
    {
        page.InstructionInvalidating |= lines & ~page.NotUnified;
        Issue(page);
    }

    /// <summary>IC IALLU and IC IALLUIS.</summary>
    internal void InvalidateAllInstructions()
    {
        foreach (CachePage page in _pages.Values)
        {
            InvalidateInstructions(page, ulong.MaxValue);
        }
    }

    /// <summary>DC CSW, CISW and ISW: a set is done when each of its ways has been.</summary>
    internal void BySetAndWay(int set, int way, bool cleans, bool invalidates)
    {
        const uint allWays = (1U << Ways) - 1;
        _hasWays = true;
        if (cleans && (_cleanedWays[set] |= 1U << way) == allWays)
        {
            _cleanedWays[set] = 0;
            ForSet(set, (page, line) => CleanToCoherency(page, line));
        }

        if (invalidates && (_invalidatedWays[set] |= 1U << way) == allWays)
        {
            _invalidatedWays[set] = 0;
            ForSet(set, (page, line) => Invalidate(page, line));
        }
    }

    /// <summary>A line that is dirty, and in a set; null when there is none. Its address.</summary>
    internal ulong? DirtyLine(int set)
    {
        ulong? found = null;
        ForSet(set, (page, line) =>
        {
            if ((page.Dirty & ~page.CleaningToCoherency & line) != 0)
            {
                found = (page.Number * PhysicalMemory.PageSize) + ((ulong)BitOperations.TrailingZeroCount(line) * LineSize);
            }
        });
        return found;
    }

    /// <summary>Lines were written: they may be in ways of their sets that were cleaned or invalidated before.</summary>
    internal void Change(ulong number, ulong lines)
    {
        if (_hasWays)
        {
            int firstSet = (int)(number * LinesPerPage % Sets);
            for (; lines != 0; lines &= lines - 1)
            {
                int set = firstSet + BitOperations.TrailingZeroCount(lines);
                _cleanedWays[set] = _invalidatedWays[set] = 0;
            }
        }
    }

    internal void Complete()
    {
        foreach (CachePage page in _pending)
        {
            page.Complete();
        }

        _pending.RemoveAll(page => !page.IsPending);
    }

    internal void Synchronize()
    {
        foreach (CachePage page in _pending)
        {
            page.Synchronize();
        }

        _pending.RemoveAll(page => !page.IsPending);
    }

    private void Issue(CachePage page)
    {
        if (!page.IsPending)
        {
            page.IsPending = true;
            _pending.Add(page);
        }
    }

    private void ForSet(int set, Action<CachePage, ulong> action)
    {
        foreach (CachePage page in _pages.Values)
        {
            int firstSet = (int)(page.Number * LinesPerPage % Sets);
            if (set >= firstSet && set < firstSet + LinesPerPage)
            {
                action(page, 1UL << (set - firstSet));
            }
        }
    }

    private RangeSet Select(PhysicalRange range, Func<CachePage, ulong> mask)
    {
        List<PhysicalRange> found = [];
        foreach ((CachePage page, ulong lines) in Lines(range, create: false))
        {
            found.AddRange(page.RangesOf(mask(page) & lines));
        }

        return RangeSet.Of(found);
    }

    private IEnumerable<(CachePage Page, ulong Lines)> Lines(PhysicalRange range, bool create)
    {
        if (range.IsEmpty)
        {
            yield break;
        }

        ulong first = range.Start.Value / PhysicalMemory.PageSize;
        ulong last = (range.End.Value - 1) / PhysicalMemory.PageSize;
        IEnumerable<ulong> numbers = create || last - first < (ulong)_pages.Count
            ? Enumerable.Range(0, checked((int)(last - first + 1))).Select(i => first + (ulong)i)
            : [.. _pages.Keys.Where(number => number >= first && number <= last)];
        foreach (ulong number in numbers)
        {
            CachePage? page = create ? Page(number) : _pages.GetValueOrDefault(number);
            if (page is not null)
            {
                ulong start = number == first ? range.Start.Value % PhysicalMemory.PageSize / LineSize : 0;
                ulong end = number == last ? (range.End.Value - 1) % PhysicalMemory.PageSize / LineSize : LinesPerPage - 1;
                yield return (page, (ulong.MaxValue << (int)start) & (ulong.MaxValue >> (int)(LinesPerPage - 1 - end)));
            }
        }
    }
}
