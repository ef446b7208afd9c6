using Baton.Handoffs;
using Baton.Memory;
using Baton.Trampolines;

namespace Baton.Gathers;

/// <summary>
/// A handoff whose segments stay in the pages of a process until the jump: what kexec_load(2) is given in their place.
/// </summary>
public sealed record GatheredHandoff
{
    /// <summary>The handoff as the next kernel will find it.</summary>
    public required Handoff Handoff { get; init; }

    /// <summary>The relocator.</summary>
    public required Segment Relocator { get; init; }

    /// <summary>The pieces of the page list, the first one first.</summary>
    public required IReadOnlyList<Segment> Lists { get; init; }

    /// <summary>Where each page of the segments lies and where it belongs, those that are in place already included.</summary>
    public required IReadOnlyList<PageMove> Held { get; init; }

    /// <summary>The moves in the order of the list.</summary>
    public required IReadOnlyList<PageMove> Moves { get; init; }

    /// <summary>What kexec_load(2) is given.</summary>
    public IReadOnlyList<Segment> Segments => [Relocator, .. Lists];

    /// <summary>Where kexec jumps.</summary>
    public PhysicalAddress Entry => Relocator.Destination.Start;

    /// <summary>Where the page list begins.</summary>
    public PhysicalAddress List => Lists[0].Destination.Start;

    /// <summary>The page over which circles are broken, as a number.</summary>
    public ulong Spare => (Relocator.Destination.Start + Trampolines.Relocator.SpareOffset).Value / PageMove.PageSize;

    /// <summary>Bytes of the page list.</summary>
    public long ListBytes => Lists.Sum(list => list.Content.Length);
}
