using Baton.Bytes;

namespace Baton.Handoffs;

/// <summary>
/// What would go wrong while loading or soon after the jump, found out before a system call is made: near the limit
/// kexec_load does not return ENOMEM, the out-of-memory killer takes the machine.
/// </summary>
public static class Preflight
{
    /// <summary>Kept free for the system while the image is loaded: 24 MiB and 1/128 of the image.</summary>
    private const ulong Headroom = 24UL << 20;

    /// <summary>What loading takes at its peak, with room for the system.</summary>
    /// <param name="needed">Bytes that are certainly needed.</param>
    public static ulong LoadPeak(ulong needed) => needed + Headroom + (needed / 128);

    /// <summary>Checks that the running kernel can hold a second copy of the image.</summary>
    /// <param name="needed">Bytes of memory that loading takes at its peak, besides the files' own pages.</param>
    /// <param name="available">Bytes that can be had now: MemAvailable.</param>
    public static IReadOnlyList<Finding> CheckMemory(ulong needed, ulong available)
    {
        ulong demand = LoadPeak(needed);
        return demand <= available
            ? []
            : [new Finding(
                Severity.Error,
                "memory-available",
                $"loading takes {demand >> 20} MiB and only {available >> 20} MiB are available "
                + $"(MemAvailable); the out-of-memory killer would step in, so stop something or make the initrd smaller")];
    }

    /// <summary>
    /// Kept free while pages are gathered: some 6 MiB for planning and proving, and what must be left to the system.
    /// </summary>
    private const ulong GatherHeadroom = 8UL << 20;

    /// <summary>What the kernel lets go of its notes about a huge page: seven pages for 2 MiB, 1/73.</summary>
    private const ulong BytesForNotes = (2UL << 20) / (7 * 4096);

    /// <summary>
    /// What gathering takes beside what is held already: the rest of the image, 1/128 of that for page tables and pins, 1/1024 of
    /// the image for the list, and some room. In huge pages the rest of the image takes less than its size.
    /// </summary>
    /// <param name="image">Bytes of all segments.</param>
    /// <param name="held">Bytes of them that are held already, with their page tables and pins.</param>
    /// <param name="hasFewerNotes">Whether the rest will be in huge pages about which the kernel lets its notes go.</param>
    public static ulong GatherPeak(ulong image, ulong held = 0, bool hasFewerNotes = false)
    {
        ulong rest = image - held;
        return (hasFewerNotes ? rest - (rest / BytesForNotes) : rest + (rest / 128)) + GatherHeadroom + (image / 1024);
    }

    /// <summary>Checks that one copy of the image can be held.</summary>
    /// <param name="image">Bytes of all segments.</param>
    /// <param name="available">Bytes that can be had now.</param>
    /// <param name="held">Bytes that are held already.</param>
    /// <param name="hasFewerNotes">Whether the rest will be in huge pages about which the kernel lets its notes go.</param>
    public static IReadOnlyList<Finding> CheckGather(
        ulong image, ulong available, ulong held = 0, bool hasFewerNotes = false) =>
        GatherPeak(image, held, hasFewerNotes) <= available
            ? []
            : [new Finding(
                Severity.Error,
                "memory-available",
                $"holding the image takes {(GatherPeak(image, held, hasFewerNotes) + held) >> 20} MiB and only "
                + $"{(available + held) >> 20} MiB can be had (MemAvailable without slab); "
                + "stop something or make the image smaller")];

    /// <summary>
    /// Checks that the next kernel can unpack its initramfs: a tmpfs takes half of the memory that is left, a ramfs all of it.
    /// </summary>
    /// <param name="packed">Bytes of the initrd as it is loaded.</param>
    /// <param name="unpacked">Bytes of the files in it, an estimate; null when it cannot be told.</param>
    /// <param name="bound">What the estimate is; a lower bound shows where room is wanting, never that it suffices.</param>
    /// <param name="nextTotal">Bytes of RAM of the next kernel.</param>
    /// <param name="isTmpfs">Whether it unpacks into a tmpfs, by its command line; else into a ramfs.</param>
    public static IReadOnlyList<Finding> CheckUnpacking(
        ulong packed, ulong? unpacked, SizeBound bound, ulong nextTotal, bool isTmpfs)
    {
        if (packed == 0 || unpacked is not { } size)
        {
            return [];
        }

        ulong left = packed < nextTotal ? nextTotal - packed : 0;
        ulong room = isTmpfs ? left / 2 : left;
        string verb = bound == SizeBound.AtMost ? "may" : "would";
        return size <= room
            ? []
            : [new Finding(
                Severity.Warning,
                "initramfs-room",
                $"the initramfs unpacks to {Words(bound)}{size >> 20} MiB and the next kernel gives it {room >> 20} MiB "
                + (isTmpfs
                    ? $"(a tmpfs: half of its memory less the initrd): files {verb} be missing or empty"
                    : $"(with root= or rootfstype= a ramfs: its memory less the initrd): it {verb} run out of memory"))];
    }

    private static string Words(SizeBound bound) => bound switch
    {
        SizeBound.AtMost => "up to ",
        SizeBound.AtLeast => "at least ",
        _ => "",
    };
}
