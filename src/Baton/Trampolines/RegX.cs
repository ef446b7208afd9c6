namespace Baton.Trampolines;

/// <summary>
/// A 64-bit register of AArch64, as an operand. Instructions write both the zero register and the stack pointer as number
/// 31; which of them it is depends on the instruction, so that the two are different values here.
/// </summary>
public readonly record struct RegX
{
    private const byte Shared = 31;

    private readonly byte _index;

    private RegX(byte index) => _index = index;

    public static RegX X0 => new(0);

    public static RegX X1 => new(1);

    public static RegX X2 => new(2);

    public static RegX X3 => new(3);

    public static RegX X4 => new(4);

    public static RegX X5 => new(5);

    public static RegX X6 => new(6);

    public static RegX X7 => new(7);

    public static RegX X8 => new(8);

    public static RegX X9 => new(9);

    public static RegX X10 => new(10);

    public static RegX X11 => new(11);

    public static RegX X12 => new(12);

    public static RegX X13 => new(13);

    public static RegX X14 => new(14);

    public static RegX X15 => new(15);

    public static RegX X16 => new(16);

    public static RegX X17 => new(17);

    public static RegX X18 => new(18);

    public static RegX X19 => new(19);

    public static RegX X20 => new(20);

    public static RegX X21 => new(21);

    public static RegX X22 => new(22);

    public static RegX X23 => new(23);

    public static RegX X24 => new(24);

    public static RegX X25 => new(25);

    public static RegX X26 => new(26);

    public static RegX X27 => new(27);

    public static RegX X28 => new(28);

    public static RegX X29 => new(29);

    public static RegX X30 => new(30);

    /// <summary>Reads as zero; what is written to it is lost.</summary>
    public static RegX Zr => new(Shared);

    /// <summary>The stack pointer of the current exception level.</summary>
    public static RegX Sp => new(Shared + 1);

    /// <summary>All of them: x0 to x30, the zero register, the stack pointer.</summary>
    public static IReadOnlyList<RegX> All { get; } = [.. Enumerable.Range(0, 33).Select(n => new RegX((byte)n))];

    /// <summary>The number that instructions hold: 0 to 31.</summary>
    public byte Number => Math.Min(_index, Shared);

    /// <summary>Whether it is the stack pointer.</summary>
    public bool IsSp => _index > Shared;

    /// <summary>Whether it is the zero register.</summary>
    public bool IsZr => _index == Shared;

    public override string ToString() => IsSp ? "sp" : IsZr ? "xzr" : $"x{Number}";
}
