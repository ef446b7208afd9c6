using Baton.Memory;

namespace Baton.Trampolines;

/// <summary>How the processor must stand at the entry of whatever comes next in long mode.</summary>
public sealed record LongModeCrossingRequest
{
    /// <summary>Where the trampoline will lie: a page boundary, all of it below 4 GiB.</summary>
    public required PhysicalAddress Base { get; init; }

    /// <summary>What its page tables map; the trampoline itself must be in it.</summary>
    public required RangeSet Identity { get; init; }

    public required PagingOptions Paging { get; init; }

    /// <summary>Whether 5-level paging stays on where it is on; else it is switched off.</summary>
    public required bool Keeps5Level { get; init; }

    /// <summary>The first instruction of what comes next.</summary>
    public required PhysicalAddress Entry { get; init; }

    /// <summary>Registers with a value; the others are zero, and RSP the top of the trampoline's stack.</summary>
    public required IReadOnlyDictionary<Reg64, ulong> Registers { get; init; }
}
