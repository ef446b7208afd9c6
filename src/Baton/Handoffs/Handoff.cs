using Baton.Memory;

namespace Baton.Handoffs;

/// <summary>The instruction set of a kernel or of a machine.</summary>
public enum Architecture
{
    /// <summary>x86 in 64-bit mode: amd64.</summary>
    X64,

    /// <summary>x86 in 32-bit mode only.</summary>
    X86,

    /// <summary>AArch64.</summary>
    Arm64,
}

/// <summary>
/// The whole plan as data: what goes where and where the processor goes. Nothing in it is a pointer into a process; it
/// can be printed, saved, compared and simulated.
/// </summary>
public sealed record Handoff
{
    /// <summary>The machine's instruction set.</summary>
    public required Architecture Architecture { get; init; }

    /// <summary>The boot protocol's name, e.g. <c>Linux/x86 64-bit</c>.</summary>
    public required string Protocol { get; init; }

    /// <summary>The pieces, in the order of their destinations.</summary>
    public required IReadOnlyList<Segment> Segments { get; init; }

    /// <summary>Where the carrier jumps: the trampoline's first instruction.</summary>
    public required PhysicalAddress Entry { get; init; }

    /// <summary>
    /// Where the trampoline jumps: the next kernel's first instruction. The address that the instruction pointer then holds,
    /// which is the physical one except where a protocol enters a kernel at its linear address.
    /// </summary>
    public required PhysicalAddress KernelEntry { get; init; }

    /// <summary>The command line that the next kernel will see.</summary>
    public required string CommandLine { get; init; }

    /// <summary>The memory map that the next kernel will be given.</summary>
    public required MemoryMap NextMemory { get; init; }

    /// <summary>Memory that the next kernel uses before it looks at its map.</summary>
    public required IReadOnlyList<Reservation> Reservations { get; init; }

    /// <summary>What in the segments holds for one boot of the machine only.</summary>
    public IReadOnlyList<BootValue> BootValues { get; init; } = [];

    /// <summary>What the crossing copies on its way.</summary>
    public IReadOnlyList<MemoryCopy> Copies { get; init; } = [];

    /// <summary>What the crossing writes on its way, beside what it copies.</summary>
    public IReadOnlyList<CrossingWrite> Writes { get; init; } = [];

    /// <summary>All of the segments' bytes that the crossing changes on its way, but for those of its own.</summary>
    public RangeSet CrossingWrites =>
        RangeSet.Of(Copies.Select(copy => copy.Destination).Concat(Writes.Select(write => write.Range)));

    /// <summary>
    /// Whether the running kernel's interrupt controller has tables in memory that go on being written, and that only that
    /// kernel's log tells of.
    /// </summary>
    public bool HasInterruptTables { get; init; }

    /// <summary>What was noticed on the way, decisions included.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>Bytes of memory that kexec_load(2) must find for the segments: whole pages.</summary>
    public ulong LoadedBytes => Segments.Aggregate(0UL, (sum, segment) => sum + segment.Destination.Length);
}
