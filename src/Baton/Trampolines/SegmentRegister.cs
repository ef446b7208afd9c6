namespace Baton.Trampolines;

/// <summary>A segment register that can be read.</summary>
public readonly record struct SegmentRegister
{
    private SegmentRegister(byte number) => Number = number;

    public static SegmentRegister Es => new(0);

    public static SegmentRegister Cs => new(1);

    public static SegmentRegister Ss => new(2);

    public static SegmentRegister Ds => new(3);

    public static SegmentRegister Fs => new(4);

    public static SegmentRegister Gs => new(5);

    /// <summary>All of them, in the order of their numbers.</summary>
    public static IReadOnlyList<SegmentRegister> All { get; } =
        [.. Enumerable.Range(0, 6).Select(n => new SegmentRegister((byte)n))];

    /// <summary>The number that instructions hold: 0 to 5.</summary>
    public byte Number { get; }

    public override string ToString() => Name(Number);

    private static string Name(byte number) => number switch
    {
        0 => "es",
        1 => "cs",
        2 => "ss",
        3 => "ds",
        4 => "fs",
        _ => "gs",
    };
}
