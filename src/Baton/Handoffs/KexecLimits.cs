using Baton.Memory;

namespace Baton.Handoffs;

/// <summary>
/// The rules by which kexec_load(2) refuses segments (kernel/kexec_core.c, sanity_check_segment_list), asked before
/// the call: the kernel answers all of them with a bare EINVAL or EADDRNOTAVAIL.
/// </summary>
public static class KexecLimits
{
    /// <summary>KEXEC_SEGMENT_MAX.</summary>
    public const int MaxSegments = 16;

    /// <summary>The page size of the destinations, in bytes.</summary>
    public const ulong PageSize = 4096;

    /// <summary>Checks segments against the rules.</summary>
    /// <param name="segments">The segments.</param>
    /// <param name="totalRam">MemTotal in bytes; half of it is the limit for one segment and for their sum.</param>
    /// <returns>An error for each rule that would be broken.</returns>
    public static IReadOnlyList<Finding> Check(IReadOnlyList<Segment> segments, ulong totalRam)
    {
        ArgumentNullException.ThrowIfNull(segments);
        List<Finding> broken = [];
        if (segments.Count > MaxSegments)
        {
            broken.Add(Error(
                "segment-count", $"{segments.Count} segments, kexec_load takes at most {MaxSegments}"));
        }

        foreach (Segment segment in segments)
        {
            PhysicalRange place = segment.Destination;
            if (!place.Start.IsAligned(PageSize) || place.Length % PageSize != 0)
            {
                broken.Add(Error("segment-alignment", $"segment {segment.Name} {place} is not whole pages"));
            }

            if ((ulong)segment.Content.Length > place.Length)
            {
                broken.Add(Error(
                    "segment-size",
                    $"segment {segment.Name} has 0x{segment.Content.Length:x} bytes for a place of 0x{place.Length:x}"));
            }

            foreach (Segment other in segments.TakeWhile(other => other != segment))
            {
                if (other.Destination.Overlaps(place))
                {
                    broken.Add(Error(
                        "segment-overlap",
                        $"segments {other.Name} {other.Destination} and {segment.Name} {place} overlap"));
                }
            }
        }

        ulong sum = segments.Aggregate(0UL, (total, segment) => total + segment.Destination.Length);
        if (sum / PageSize > totalRam / PageSize / 2)
        {
            broken.Add(Error(
                "half-of-ram",
                $"the segments take {sum >> 20} MiB, and kexec_load refuses more than half of RAM "
                + $"({totalRam >> 21} MiB here); use a smaller initrd or a machine with more memory"));
        }

        return broken;
    }

    private static Finding Error(string id, string text) => new(Severity.Error, id, text);
}
