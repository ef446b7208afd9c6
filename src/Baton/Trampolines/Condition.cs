namespace Baton.Trampolines;

/// <summary>What a conditional jump asks of the flags (Intel SDM volume 1, appendix B).</summary>
public readonly record struct Condition
{
    private Condition(byte number) => Number = number;

    /// <summary>CF is set; after a comparison: below, unsigned; after <c>bt</c>: the bit is set.</summary>
    public static Condition Carry => new(0x2);

    /// <summary>CF is clear; after a comparison: above or equal, unsigned; after <c>bt</c>: the bit is clear.</summary>
    public static Condition NoCarry => new(0x3);

    /// <summary>ZF is set; after a comparison: equal.</summary>
    public static Condition Zero => new(0x4);

    /// <summary>ZF is clear; after a comparison: not equal.</summary>
    public static Condition NotZero => new(0x5);

    /// <summary>After a comparison: below or equal, unsigned.</summary>
    public static Condition BelowOrEqual => new(0x6);

    /// <summary>After a comparison: above, unsigned.</summary>
    public static Condition Above => new(0x7);

    /// <summary>SF is set.</summary>
    public static Condition Negative => new(0x8);

    /// <summary>SF is clear.</summary>
    public static Condition NotNegative => new(0x9);

    /// <summary>All sixteen, in the order of their numbers; those without a name here included.</summary>
    public static IReadOnlyList<Condition> All { get; } =
        [.. Enumerable.Range(0, 16).Select(n => new Condition((byte)n))];

    /// <summary>The number that instructions hold: 0 to 15.</summary>
    public byte Number { get; }

    /// <summary>The mnemonic's ending: <c>e</c> in <c>je</c>.</summary>
    public override string ToString() => Number switch
    {
        0 => "o",
        1 => "no",
        2 => "b",
        3 => "ae",
        4 => "e",
        5 => "ne",
        6 => "be",
        7 => "a",
        8 => "s",
        9 => "ns",
        10 => "p",
        11 => "np",
        12 => "l",
        13 => "ge",
        14 => "le",
        _ => "g",
    };
}
