using Baton.Memory;

namespace Baton.Proofs.X64;

/// <summary>What a proof must know of the machine on which the handoff will happen.</summary>
public sealed record X64ProofMachine
{
    /// <summary>Where there is memory that code may read and write: RAM, and the firmware's tables in RAM.</summary>
    public required RangeSet Memory { get; init; }

    /// <summary>What the running kernel lists as System RAM, all of which the carrier maps.</summary>
    public required RangeSet Ram { get; init; }

    /// <summary>Whether the running kernel uses 5-level paging.</summary>
    public required bool FiveLevel { get; init; }

    /// <summary>Whether there are pages of 1 GiB.</summary>
    public required bool GigabytePages { get; init; }

    /// <summary>Bits of a physical address; 52 when not known.</summary>
    public required int PhysicalBits { get; init; }

    /// <summary>Whether the running kernel leaves the local APIC as an x2APIC; else it is an xAPIC.</summary>
    public bool ExtendedApic { get; init; }
}
