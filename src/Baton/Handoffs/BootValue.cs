namespace Baton.Handoffs;

/// <summary>
/// Bytes of a segment that hold for one boot of the machine and no other: a handoff that is carried out in another boot
/// than it was planned in takes them anew from the device tree of that boot.
/// </summary>
/// <param name="Segment">The segment's name.</param>
/// <param name="Offset">The first byte, from the start of the segment's content.</param>
/// <param name="Property">The property of /chosen that has them.</param>
/// <param name="Length">Their number.</param>
public sealed record BootValue(string Segment, long Offset, string Property, int Length);
