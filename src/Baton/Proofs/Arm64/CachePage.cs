using System.Numerics;
using Baton.Memory;

namespace Baton.Proofs.Arm64;

/// <summary>
/// What the caches may hold of one page: a bit for each of its 64 lines of 64 bytes. Maintenance takes effect in two
/// steps, as the architecture has it: an instruction is issued, and a DSB (for the instruction side an ISB too) completes it.
/// </summary>
internal sealed class CachePage(ulong number, CacheModel caches)
{
    /// <summary>Bytes of a line.</summary>
    public const int LineSize = 64;

    /// <summary>The page's physical address divided by the page size.</summary>
    public ulong Number => number;

    /// <summary>Lines that were written through the cache and not cleaned to the point of coherency.</summary>
    public ulong Dirty;

    /// <summary>Lines that were written through the cache and not cleaned to the point of unification.</summary>
    public ulong NotUnified;

    /// <summary>Lines that were written since the instruction cache last let go of them.</summary>
    public ulong InstructionStale;

    /// <summary>Lines that were written around the cache, which may hold an older copy.</summary>
    public ulong Behind;

    /// <summary>Lines that the data cache has let go of since the start, and that were not written through it since.</summary>
    public ulong Released;

    /// <summary>Issued and not complete: cleaned to the point of coherency.</summary>
    public ulong CleaningToCoherency;

    /// <summary>Issued and not complete: cleaned to the point of unification.</summary>
    public ulong CleaningToUnification;

    /// <summary>Issued and not complete: data lines invalidated.</summary>
    public ulong Invalidating;

    /// <summary>Issued and not complete: instruction lines invalidated.</summary>
    public ulong InstructionInvalidating;

    /// <summary>Complete, and not yet seen by this processor's fetches: instruction lines invalidated.</summary>
    public ulong InstructionInvalidated;

    /// <summary>Whether maintenance is under way.</summary>
    public bool IsPending;

    /// <summary>Where lines lie.</summary>
    public IEnumerable<PhysicalRange> RangesOf(ulong lines)
    {
        PhysicalAddress start = new(number * PhysicalMemory.PageSize);
        if (lines == ulong.MaxValue)
        {
            yield return new PhysicalRange(start, PhysicalMemory.PageSize);
            yield break;
        }

        for (; lines != 0; lines &= lines - 1)
        {
            yield return new PhysicalRange(start + ((ulong)BitOperations.TrailingZeroCount(lines) * LineSize), LineSize);
        }
    }

    /// <summary>Notes a write through the cache.</summary>
    public void WriteThroughCache(ulong lines)
    {
        Dirty |= lines;
        NotUnified |= lines;
        InstructionStale |= lines;
        Released &= ~lines;
        caches.Change(number, lines);
        if (IsPending)
        {
            Withdraw(lines);
        }
    }

    /// <summary>Notes a write around the cache.</summary>
    public void WriteAroundCache(ulong lines)
    {
        Behind |= lines;
        InstructionStale |= lines;
        caches.Change(number, lines);
        if (IsPending)
        {
            Withdraw(lines);
        }
    }

    /// <summary>A DSB: what was issued is complete.</summary>
    public void Complete()
    {
        Dirty &= ~CleaningToCoherency;
        NotUnified &= ~(CleaningToCoherency | CleaningToUnification);
        Behind &= ~Invalidating;
        Released |= Invalidating;
        InstructionInvalidated |= InstructionInvalidating;
        CleaningToCoherency = CleaningToUnification = Invalidating = InstructionInvalidating = 0;
        IsPending = InstructionInvalidated != 0;
    }

    /// <summary>An ISB: fetches see what is complete.</summary>
    public void Synchronize()
    {
        InstructionStale &= ~InstructionInvalidated;
        InstructionInvalidated = 0;
        IsPending = (CleaningToCoherency | CleaningToUnification | Invalidating | InstructionInvalidating) != 0;
    }

    /// <summary>All lines are clean, and nothing is under way.</summary>
    public void Forget()
    {
        Dirty = NotUnified = InstructionStale = Behind = Released = 0;
        CleaningToCoherency = CleaningToUnification = Invalidating = InstructionInvalidating = InstructionInvalidated = 0;
        IsPending = false;
    }

    /// <summary>A later write makes maintenance under way useless for its line.</summary>
    private void Withdraw(ulong lines)
    {
        CleaningToCoherency &= ~lines;
        CleaningToUnification &= ~lines;
        Invalidating &= ~lines;
        InstructionInvalidating &= ~lines;
        InstructionInvalidated &= ~lines;
    }
}
