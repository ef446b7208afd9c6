using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Machines;

/// <summary>Whether an image had better be gathered than loaded as it is, by figures that can be shown.</summary>
public static class GatherChoice
{
    /// <summary>From this size on, free pages in the destination are worth a thought (decision 0004).</summary>
    private const ulong LargeImage = 64UL << 20;

    /// <summary>The share of free pages in the destinations above which kexec_load may search long.</summary>
    private const double ManyFreePages = 0.1;

    /// <summary>Decides between kexec_load(2) of the whole image and of a relocator alone.</summary>
    /// <param name="segments">The image.</param>
    /// <param name="totals">The machine's memory.</param>
    /// <param name="free">Which pages are free; null when not known.</param>
    /// <param name="held">
    /// Tells how many bytes of the image are in memory already and need no copy; asked only where there is a reason to gather.
    /// Null for none.
    /// </param>
    /// <returns>Why to gather, with the figures; null when the plain way is as good.</returns>
    public static string? WhyGather(
        IReadOnlyList<Segment> segments, MemoryTotals totals, FreePages? free, Func<ulong>? held = null)
    {
        ArgumentNullException.ThrowIfNull(segments);
        ArgumentNullException.ThrowIfNull(totals);
        ulong image = segments.Aggregate(0UL, (sum, segment) => sum + segment.Destination.Length);
        bool isTooLarge = KexecLimits.Check(segments, totals.Total).Any(finding => finding.Id == "half-of-ram");
        string? must = isTooLarge ? $"kexec_load refuses more than half of RAM, {MiB(totals.Total / 2)}"
            : Preflight.CheckMemory(image, totals.Available).Count > 0
                ? $"kexec_load would need {MiB(Preflight.LoadPeak(image))}"
            : null;
        string? reason = must
            ?? (FreeShare(segments, free) is var share && image >= LargeImage && share > ManyFreePages
                ? $"kexec_load may search long, {share * 100:0} % of the destinations are free pages"
                : null);

        if (reason is null)
        {
            return null;
        }

        // What would only be faster must not be refused for want of memory that the other way does with.
        ulong room = must is not null ? totals.Available + totals.Releasable : totals.Certain;
        ulong already = held?.Invoke() ?? 0;
        return Preflight.CheckGather(image, room, already, totals.HasFewerNotes).Count > 0
            ? null
            : $"{reason}; image {MiB(image)}, available {MiB(totals.Available)}, peak by kexec_load "
                + $"{MiB(Preflight.LoadPeak(image))}, gathered {MiB(Preflight.GatherPeak(image, already, totals.HasFewerNotes))}";
    }

    private static double FreeShare(IReadOnlyList<Segment> segments, FreePages? free)
    {
        if (free is null || segments.Count == 0)
        {
            return 0;
        }

        PhysicalRange largest = segments.MaxBy(segment => segment.Destination.Length)!.Destination;
        PhysicalRange above = PhysicalRange.Between(PhysicalAddress.FourGiB, new PhysicalAddress(ulong.MaxValue));
        bool isSpared = largest.End <= PhysicalAddress.FourGiB && free.FreeBytesOf(above) >= 2.0 * largest.Length;
        return isSpared ? 0 : free.FreeBytesOf(largest) / largest.Length;
    }

    private static string MiB(ulong bytes) => $"{bytes >> 20} MiB";
}
