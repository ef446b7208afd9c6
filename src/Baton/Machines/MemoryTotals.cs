namespace Baton.Machines;

/// <summary>Figures of /proc/meminfo, in bytes.</summary>
/// <param name="Total">MemTotal: the kernel's totalram_pages, half of which a loaded image may fill.</param>
/// <param name="Free">MemFree.</param>
/// <param name="Available">MemAvailable: what can be had without swapping.</param>
public sealed record MemoryTotals(ulong Total, ulong Free, ulong Available)
{
    /// <summary>What can be had besides when the kernel is told to keep less free for itself; 0 when not known.</summary>
    public ulong Releasable { get; init; }

    /// <summary>
    /// KReclaimable: the kernel's own caches, of which Available counts most; a small machine cannot have them; 0 when not
    /// known.
    /// </summary>
    public ulong Reclaimable { get; init; }

    /// <summary>
    /// Whether the kernel can let most of its notes about huge pages go (vm.hugetlb_optimize_vmemmap), so that what is held in
    /// such pages takes less than its own size.
    /// </summary>
    public bool HasFewerNotes { get; init; }

    /// <summary>What can be had for certain: Available without Reclaimable.</summary>
    public ulong Certain => CertainOf(Available, Reclaimable);

    /// <summary>The same of figures that are in no record.</summary>
    /// <param name="available">MemAvailable, bytes.</param>
    /// <param name="reclaimable">KReclaimable, bytes.</param>
    /// <param name="reserve">vm.min_free_kbytes, in bytes; 0 when not known.</param>
    /// <remarks>
    /// The kernel counts all of Reclaimable but a half, or as much as its low watermark, which is more than the reserve
    /// (si_mem_available in mm/page_alloc.c; Documentation/filesystems/proc.rst, MemAvailable).
    /// </remarks>
    public static ulong CertainOf(ulong available, ulong reclaimable, ulong reserve = 0) =>
        available - Math.Min(reclaimable - Math.Min(reclaimable / 2, reserve), available);
}
