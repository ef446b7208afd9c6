namespace Baton.Machines;

/// <summary>What the next kernel's page tables and entry depend on.</summary>
public sealed record ProcessorFacts
{
    /// <summary>Whether the running kernel uses 5-level paging (la57 among the flags of /proc/cpuinfo).</summary>
    public required bool La57 { get; init; }

    /// <summary>Whether there are 1 GiB pages (pdpe1gb).</summary>
    public required bool GigabytePages { get; init; }

    /// <summary>Bits of a physical address; 0 when not known.</summary>
    public required int PhysicalBits { get; init; }

    /// <summary>The processor's name; empty when not known.</summary>
    public required string Model { get; init; }
}
