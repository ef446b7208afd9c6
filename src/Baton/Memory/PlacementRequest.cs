namespace Baton.Memory;

/// <summary>From which end of memory a place is sought.</summary>
public enum PlacementDirection
{
    /// <summary>The lowest place that fits.</summary>
    BottomUp,

    /// <summary>The highest place that fits.</summary>
    TopDown,
}

/// <summary>What a piece needs of its place.</summary>
public sealed record PlacementRequest
{
    /// <summary>The piece's name, for errors.</summary>
    public required string Name { get; init; }

    /// <summary>Bytes needed.</summary>
    public required ulong Length { get; init; }

    /// <summary>Alignment of the start in bytes, a power of two.</summary>
    public ulong Alignment { get; init; } = 4096;

    /// <summary>No byte may lie below this.</summary>
    public PhysicalAddress Min { get; init; }

    /// <summary>No byte may lie at or above this.</summary>
    public PhysicalAddress Max { get; init; } = new(ulong.MaxValue);

    /// <summary>From which end to seek, and which of two equally good places to take.</summary>
    public PlacementDirection Direction { get; init; }

    /// <summary>
    /// How bad a place is, smaller being better; null takes the first place from the direction's end. Asked about a
    /// limited number of places, so that a large machine costs no more than a small one.
    /// </summary>
    public Func<PhysicalRange, double>? Cost { get; init; }

    /// <summary>The constraint in words: <c>"initrd": 0x1000 bytes, aligned to 0x1000, within [0x0, 0x80000000)</c>.</summary>
    public override string ToString() =>
        $"\"{Name}\": 0x{Length:x} bytes, aligned to 0x{Alignment:x}, within [{Min}, {Max})";
}
