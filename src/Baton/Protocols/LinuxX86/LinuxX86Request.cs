using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;

namespace Baton.Protocols.LinuxX86;

/// <summary>Everything that a plan is made of.</summary>
public sealed record LinuxX86Request
{
    public required LinuxX86Kernel Kernel { get; init; }

    /// <summary>All initrds as one content; null for none.</summary>
    public SegmentContent? Initrd { get; init; }

    /// <summary>
    /// A disk image that the next kernel finds in its memory, as persistent memory (/dev/pmem0); null for none.
    /// </summary>
    public SegmentContent? Ramdisk { get; init; }

    /// <summary>The next kernel's command line, without a NUL.</summary>
    public required string CommandLine { get; init; }

    public required Machine Machine { get; init; }

    /// <summary>Random bytes for the next kernel's generator; fresh for each plan that is carried out.</summary>
    public required ReadOnlyMemory<byte> RngSeed { get; init; }

    /// <summary>Places that the user demands, by segment name.</summary>
    public IReadOnlyDictionary<string, PhysicalAddress> Places { get; init; } =
        new Dictionary<string, PhysicalAddress>();
}
