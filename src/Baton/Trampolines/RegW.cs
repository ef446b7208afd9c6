namespace Baton.Trampolines;

/// <summary>The lower half of a register of AArch64, as an operand; what is written to it clears the upper half.</summary>
public readonly record struct RegW
{
    private RegW(byte number) => Number = number;

    /// <summary>Reads as zero; what is written to it is lost.</summary>
    public static RegW Zr => new(31);

    /// <summary>All of them: w0 to w30 and the zero register, in the order of their numbers.</summary>
    public static IReadOnlyList<RegW> All { get; } = [.. Enumerable.Range(0, 32).Select(n => new RegW((byte)n))];

    /// <summary>The number that instructions hold: 0 to 31.</summary>
    public byte Number { get; }

    /// <summary>The lower half of a register.</summary>
    /// <exception cref="ArgumentException">It is the stack pointer, whose half has another name.</exception>
    public static RegW Of(RegX register) =>
        register.IsSp
            ? throw new ArgumentException("no instruction here takes the lower half of sp", nameof(register))
            : new RegW(register.Number);

    public override string ToString() => Number == 31 ? "wzr" : $"w{Number}";
}
