namespace Baton.Memory;

/// <summary>
/// Hands out physical memory under constraints. Deterministic: the same free memory and the same requests give the
/// same places. The one mutable thing of a plan.
/// </summary>
public sealed class PhysicalAllocator(RangeSet free)
{
    /// <summary>How many places of one hole a cost is asked about.</summary>
    private const ulong CandidatesPerHole = 128;

    /// <summary>What has not been handed out yet.</summary>
    public RangeSet Free { get; private set; } = free;

    /// <summary>Takes a range out of the free memory, whether or not all of it was free.</summary>
    public void Remove(PhysicalRange range) => Free = Free.Subtract([range]);

    /// <summary>Takes exactly this range, if all of it is free.</summary>
    public bool TryTake(PhysicalRange range)
    {
        if (!Free.Contains(range))
        {
            return false;
        }

        Remove(range);
        return true;
    }

    /// <summary>Finds a place, takes it and returns it.</summary>
    /// <exception cref="PlacementException">No free range meets the request.</exception>
    public PhysicalRange Allocate(PlacementRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        PhysicalRange? best = null;
        double bestCost = double.PositiveInfinity;
        IEnumerable<PhysicalRange> holes = request.Direction == PlacementDirection.BottomUp ? Free : Free.Reverse();
        foreach (PhysicalRange place in holes.SelectMany(hole => Places(hole, request)))
        {
            if (request.Cost is null)
            {
                best = place;
                break;
            }

            double cost = request.Cost(place);
            if (cost < bestCost)
            {
                best = place;
                bestCost = cost;
            }
        }

        PhysicalRange taken = best ?? throw new PlacementException(request, Free);
        Remove(taken);
        return taken;
    }

    /// <summary>The places in one hole, in the request's direction: one without a cost, several with it.</summary>
    private static IEnumerable<PhysicalRange> Places(PhysicalRange hole, PlacementRequest request)
    {
        PhysicalAddress end = PhysicalAddress.Min(hole.End, request.Max);
        if (PhysicalAddress.Max(hole.Start, request.Min).AlignUp(request.Alignment) is not { } lowest
            || lowest >= end || end - lowest < request.Length)
        {
            yield break;
        }

        PhysicalAddress highest = (end - request.Length).AlignDown(request.Alignment);
        if (request.Cost is null)
        {
            yield return new PhysicalRange(
                request.Direction == PlacementDirection.BottomUp ? lowest : highest, request.Length);
            yield break;
        }

        // Whole steps of the alignment, so that every candidate is aligned and both ends are among them.
        ulong span = highest - lowest;
        ulong step = Math.Max(request.Alignment, span / CandidatesPerHole / request.Alignment * request.Alignment);
        for (ulong offset = 0; offset < span; offset += step)
        {
            yield return new PhysicalRange(
                request.Direction == PlacementDirection.BottomUp ? lowest + offset : highest - offset, request.Length);
            if (offset > span - step)
            {
                break;
            }
        }

        yield return new PhysicalRange(
            request.Direction == PlacementDirection.BottomUp ? highest : lowest, request.Length);
    }
}
