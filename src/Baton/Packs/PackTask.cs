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
    /// Where the handoff can be put: the first place that the boot at hand leaves free is taken. Where nothing depends
    /// on the boot there is one only, and it is taken without a look.
    /// </summary>
    public required IReadOnlyList<PackedPlace> Places { get; init; }

    /// <summary>What is taken from the device tree of the boot at hand; empty when nothing is.</summary>
    public required IReadOnlyList<BootValue> BootValues { get; init; }

    /// <summary>The line of the boot's /sys/firmware/efi/systab that is taken; null for none.</summary>
    public BootValue? SystemTableEntry { get; init; }

    /// <summary>The address of the memory that the program may write to, behind all that is loaded from the file.</summary>
    public required ulong Scratch { get; init; }

    /// <summary>Whether the kernel's log tells of memory that must stay as it is.</summary>
    public required bool LooksAtLog { get; init; }

    /// <summary>Whether the boot's device tree and /proc/iomem decide.</summary>
    public bool LooksAtTree => BootValues.Count > 0;

    /// <summary>Whether the handoff depends on the boot at hand.</summary>
    public bool LooksAtBoot => LooksAtTree || LooksAtLog;
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

    /// <summary>The addresses in the program of what is taken from the device tree, in the task's order.</summary>
    public required IReadOnlyList<ulong> BootValues { get; init; }

    /// <summary>The address in the program of what is taken from systab.</summary>
    public ulong? SystemTableEntry { get; init; }
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
