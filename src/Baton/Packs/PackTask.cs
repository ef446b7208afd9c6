using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Packs;

/// <summary>What a packed program is to do.</summary>
internal sealed record PackTask
{
    /// <summary>The most places that a program has room for.</summary>
    public const int MaxPlaces = 4;

    /// <summary>The machine that it is for.</summary>
    public required MachineFingerprint Machine { get; init; }

    /// <summary>
    /// Where the handoff can be put: the first place that the boot at hand leaves free is taken. When there is one only and
    /// no boot values, it is taken without a look.
    /// </summary>
    public required IReadOnlyList<PackedPlace> Places { get; init; }

    /// <summary>What is taken from the device tree of the boot at hand; empty when nothing is.</summary>
    public required IReadOnlyList<BootValue> BootValues { get; init; }

    /// <summary>The address of the memory that the program may write to, behind all that is loaded from the file.</summary>
    public required ulong Scratch { get; init; }

    /// <summary>Whether the handoff depends on the boot at hand.</summary>
    public bool LooksAtBoot => BootValues.Count > 0;
}

/// <summary>The handoff at one place.</summary>
internal sealed record PackedPlace
{
    /// <summary>Where kexec_load(2) enters.</summary>
    public required PhysicalAddress Entry { get; init; }

    /// <summary>The segments as kexec_load(2) takes them.</summary>
    public required IReadOnlyList<PackedSegment> Segments { get; init; }

    /// <summary>The memory that must be free for the next kernel: the segments' and what it writes in its first steps.</summary>
    public required RangeSet Memory { get; init; }

    /// <summary>The addresses of the boot values in the program, in their order.</summary>
    public required IReadOnlyList<ulong> BootValues { get; init; }
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

    /// <summary>This is not the machine that was recorded, or not in this boot.</summary>
    public const int Unavailable = 69;

    /// <summary>A system call failed.</summary>
    public const int SystemCall = 71;
}
