namespace Baton.Memory;

/// <summary>No free memory meets a request; the message lists the constraint and the holes that were looked at.</summary>
public sealed class PlacementException(PlacementRequest request, RangeSet free)
    : Exception(Describe(request, free))
{
    private const int HolesShown = 8;

    /// <summary>What could not be placed.</summary>
    public PlacementRequest Request { get; } = request;

    /// <summary>The memory that was free.</summary>
    public RangeSet Free { get; } = free;

    private static string Describe(PlacementRequest request, RangeSet free)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(free);
        RangeSet inside = request.Min < request.Max
            ? free.Clip(PhysicalRange.Between(request.Min, request.Max))
            : RangeSet.Empty;
        string holes = inside.Count == 0
            ? "nothing is free there"
            : "free there: " + string.Join(", ", inside
                .OrderByDescending(hole => hole.Length)
                .Take(HolesShown)
                .Select(hole => $"{hole} (0x{hole.Length:x})"));
        string more = inside.Count > HolesShown ? $" and {inside.Count - HolesShown} smaller holes" : "";
        return $"no place for {request}; {holes}{more}";
    }
}
