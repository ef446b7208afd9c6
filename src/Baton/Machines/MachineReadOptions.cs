namespace Baton.Machines;

/// <summary>What only the live system can add to its files.</summary>
public sealed record MachineReadOptions
{
    /// <summary>Answers of the kexec system calls; null when they were not asked.</summary>
    public KexecProbeResult? Probe { get; init; }

    /// <summary>Which pages are free; null when not known.</summary>
    public FreePages? FreePages { get; init; }
}
