using Baton.Memory;

namespace Baton.Trampolines;

/// <summary>What the code of a crossing between long modes has in it: everything that it needs of its surroundings.</summary>
internal sealed record LongModeCrossingCode
{
    /// <summary>Where the code will lie: a page boundary below 4 GiB, mapped to itself in both kernels' tables.</summary>
    public required PhysicalAddress Base { get; init; }

    /// <summary>RSP during the crossing and at its end: the stack grows down from here, below 4 GiB.</summary>
    public required PhysicalAddress StackTop { get; init; }

    /// <summary>CR3 for 4 levels, below 4 GiB.</summary>
    public required PhysicalAddress Root4 { get; init; }

    /// <summary>CR3 for 5 levels, below 4 GiB.</summary>
    public required PhysicalAddress Root5 { get; init; }

    /// <summary>Whether 5-level paging stays on where it is on; else it is switched off.</summary>
    public required bool Keeps5Level { get; init; }

    /// <summary>The linear address of what comes next.</summary>
    public required ulong Entry { get; init; }

    /// <summary>Memory below 4 GiB to copy once the new page tables are in use; null for none.</summary>
    public PhysicalRange? CopyFrom { get; init; }

    /// <summary>Where it is copied to, below 4 GiB.</summary>
    public PhysicalAddress CopyTo { get; init; }

    /// <summary>
    /// Where the interrupt table for an <see cref="InterruptDrain"/> lies, below 4 GiB; null where the next kernel gets what
    /// is still requested.
    /// </summary>
    public PhysicalAddress? InterruptTable { get; init; }

    /// <summary>Registers with a value; the others are zero, but for RSP.</summary>
    public required IReadOnlyDictionary<Reg64, ulong> Registers { get; init; }
}
