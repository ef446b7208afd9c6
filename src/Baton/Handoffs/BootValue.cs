namespace Baton.Handoffs;

/// <summary>Where a boot tells a <see cref="BootValue"/>.</summary>
public enum BootValueSource
{
    /// <summary>A property of /chosen in /sys/firmware/fdt, taken byte for byte.</summary>
    DeviceTree,

    /// <summary>A line of /sys/firmware/efi/systab, taken as a little-endian number of 8 bytes.</summary>
    EfiSystab,
}

/// <summary>
/// Bytes of a segment that hold for one boot of the machine and no other: a handoff that is carried out in another boot
/// than it was planned in takes them anew from that boot.
/// </summary>
/// <param name="Segment">The segment's name.</param>
/// <param name="Offset">The first byte, from the start of the segment's content.</param>
/// <param name="Name">The name of the property or of the line that has them.</param>
/// <param name="Length">Their number.</param>
public sealed record BootValue(string Segment, long Offset, string Name, int Length)
{
    /// <summary>Where the boot tells them.</summary>
    public BootValueSource Source { get; init; }

    /// <summary>The largest number that there is room for, of a property that is one; null for any.</summary>
    public ulong? Most { get; init; }
}
