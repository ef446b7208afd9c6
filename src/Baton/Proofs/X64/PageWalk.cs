using Baton.Memory;

namespace Baton.Proofs.X64;

/// <summary>What an address is translated for.</summary>
[Flags]
public enum PageAccess
{
    Read = 0,
    Write = 1 << 1,

    /// <summary>By code of privilege 3.</summary>
    User = 1 << 2,
    Execute = 1 << 4,

    /// <summary>By the processor itself, in a table of descriptors: RFLAGS.AC opens no user page for it.</summary>
    Implicit = 1 << 8,
}

/// <summary>One entry of a page table that a walk has read.</summary>
/// <param name="Table">The table: PML5, PML4, PDPT, PD or PT.</param>
/// <param name="Index">The entry's number in it.</param>
/// <param name="Address">Where the entry lies.</param>
/// <param name="Entry">What it holds; null when it could not be read.</param>
public readonly record struct PageWalkStep(string Table, int Index, PhysicalAddress Address, ulong? Entry)
{
    public override string ToString() =>
        $"{Table} entry {Index} at {Address} {(Entry is { } entry ? $"= 0x{entry:x16}" : "cannot be read")}";
}

/// <summary>The way from a linear address to a physical one, with everything that was read on it.</summary>
public sealed record PageWalk
{
    /// <summary>The address that was looked up.</summary>
    public required ulong Linear { get; init; }

    /// <summary>The entries that were read, the root's first; none without paging.</summary>
    public required IReadOnlyList<PageWalkStep> Steps { get; init; }

    /// <summary>Where it leads; null when it does not.</summary>
    public PhysicalAddress? Physical { get; init; }

    /// <summary>Bytes of the page that maps it; 0 without paging.</summary>
    public ulong PageSize { get; init; }

    /// <summary>Why it leads nowhere, as the end of a sentence; null when it does not fail.</summary>
    public string? Failure { get; init; }

    /// <summary>The page fault's error code; meaningful only with a <see cref="Failure"/>.</summary>
    public uint ErrorCode { get; init; }

    /// <summary>Lines for a report.</summary>
    public IReadOnlyList<string> Lines =>
    [
        .. Steps.Select(step => step.ToString()),
        Failure ?? $"0x{Linear:x} is {Physical}, {(PageSize == 0 ? "paging is off" : $"page of 0x{PageSize:x} bytes")}",
    ];
}
