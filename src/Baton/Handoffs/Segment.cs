using Baton.Memory;

namespace Baton.Handoffs;

/// <summary>A piece of memory as the next kernel will find it.</summary>
/// <param name="Name">What it is: <c>kernel</c>, <c>initrd</c>, <c>boot_params</c>, <c>trampoline</c>.</param>
/// <param name="Destination">Where it goes, in whole pages of physical memory; behind the content it is zeros.</param>
/// <param name="Content">What goes there.</param>
public sealed record Segment(string Name, PhysicalRange Destination, SegmentContent Content)
{
    /// <summary>Why it goes there; for people.</summary>
    public string Reason { get; init; } = "";

    public override string ToString() => $"{Name} {Destination}, 0x{Content.Length:x} bytes";
}
