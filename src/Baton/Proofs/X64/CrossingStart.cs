using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Proofs.X64;

/// <summary>What is in memory when the carrier jumps, and what the crossing may write to.</summary>
/// <param name="Entry">Where the carrier jumps.</param>
/// <param name="Loaded">What lies in memory then.</param>
/// <param name="Writable">What the crossing may write to; nothing else.</param>
public sealed record CrossingStart(PhysicalAddress Entry, IReadOnlyList<Segment> Loaded, RangeSet Writable)
{
    /// <summary>Memory with something in it that is neither loaded nor known before: what the crossing copies.</summary>
    public RangeSet Foreign { get; init; } = RangeSet.Empty;

    /// <summary>
    /// An address on the way, where one program of the crossing hands on to the next: what the page tables map there is
    /// kept for the contract (<see cref="X64Arrival.SpaceOnTheWay"/>). Null where there is but one program.
    /// </summary>
    public PhysicalAddress? Waypoint { get; init; }

    /// <summary>Every segment in its place; the crossing writes to the one that it starts in, and to what it copies.</summary>
    public static CrossingStart Of(Handoff handoff)
    {
        ArgumentNullException.ThrowIfNull(handoff);
        return new CrossingStart(
            handoff.Entry,
            handoff.Segments,
            RangeSet.Of(handoff.Segments.Select(segment => segment.Destination).Where(place => place.Contains(handoff.Entry))
                .Concat(handoff.CrossingWrites)))
        {
            Foreign = RangeSet.Of(handoff.Copies.Select(copy => copy.From)),
        };
    }
}
