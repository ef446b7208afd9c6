using System.Globalization;
using Baton.Machines;
using Baton.Memory;

namespace Baton.Protocols.LinuxX86;

/// <summary>
/// Destinations that kexec_load(2) fills fast: what slows it down are free pages there that it is handed as source pages
/// (decision 0004).
/// </summary>
internal static class FastDestination
{
    /// <summary>How slow a place is, 0 being best.</summary>
    public static double Cost(PhysicalRange place, FreePages free) => IsSpared(place, free) ? 0 : free.FreeBytesOf(place);

    /// <summary>Why the place with the least cost was taken, for people.</summary>
    public static string Reason(PhysicalRange place, FreePages free) => IsSpared(place, free)
        ? "below 4 GiB, where the running kernel takes no pages while there are enough above: loads fastest"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"the place with the fewest free pages ({free.FreeBytesOf(place) * 100 / place.Length:0} %), which loads fastest");

    /// <summary>The kernel takes source pages from above 4 GiB as long as there are enough, and leaves the rest alone.</summary>
    private static bool IsSpared(PhysicalRange place, FreePages free)
    {
        PhysicalRange above = PhysicalRange.Between(PhysicalAddress.FourGiB, new PhysicalAddress(ulong.MaxValue));
        return place.End <= PhysicalAddress.FourGiB && free.FreeBytesOf(above) >= 2.0 * place.Length;
    }
}
