using Baton.Memory;

namespace Baton.Packs;

/// <summary>What a packed program is to do.</summary>
internal sealed record PackTask
{
    /// <summary>The machine that it is for.</summary>
    public required MachineFingerprint Machine { get; init; }

    /// <summary>Where kexec_load(2) enters.</summary>
    public required PhysicalAddress Entry { get; init; }

    /// <summary>The segments as kexec_load(2) takes them.</summary>
    public required IReadOnlyList<PackedSegment> Segments { get; init; }
}

/// <summary>A segment of kexec_load(2): struct kexec_segment.</summary>
/// <param name="Buffer">The address of its bytes in the packed program.</param>
/// <param name="Length">Their number; the rest of the destination becomes zeros.</param>
/// <param name="Destination">Where they go, in whole pages.</param>
internal readonly record struct PackedSegment(ulong Buffer, ulong Length, PhysicalRange Destination);

/// <summary>The exit statuses of a packed program, with the numbers of sysexits(3).</summary>
internal static class PackExit
{
    public const int Usage = 64;

    /// <summary>This is not the machine that was recorded.</summary>
    public const int Unavailable = 69;

    /// <summary>A system call failed.</summary>
    public const int SystemCall = 71;
}
