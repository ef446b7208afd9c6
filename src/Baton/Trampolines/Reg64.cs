namespace Baton.Trampolines;

/// <summary>A 64-bit general register. No value of this type is not one.</summary>
public readonly record struct Reg64
{
    private Reg64(byte number) => Number = number;

    public static Reg64 Rax => new(0);

    public static Reg64 Rcx => new(1);

    public static Reg64 Rdx => new(2);

    public static Reg64 Rbx => new(3);

    public static Reg64 Rsp => new(4);

    public static Reg64 Rbp => new(5);

    public static Reg64 Rsi => new(6);

    public static Reg64 Rdi => new(7);

    public static Reg64 R8 => new(8);

    public static Reg64 R9 => new(9);

    public static Reg64 R10 => new(10);

    public static Reg64 R11 => new(11);

    public static Reg64 R12 => new(12);

    public static Reg64 R13 => new(13);

    public static Reg64 R14 => new(14);

    public static Reg64 R15 => new(15);

    /// <summary>All of them, in the order of their numbers.</summary>
    public static IReadOnlyList<Reg64> All { get; } = [.. Enumerable.Range(0, 16).Select(n => new Reg64((byte)n))];

    /// <summary>The number that instructions hold: 0 to 15.</summary>
    public byte Number { get; }

    /// <summary>The register's lower half.</summary>
    public Reg32 Low32 => Reg32.All[Number];

    public override string ToString() => Name(Number);

    private static string Name(byte number) => number switch
    {
        0 => "rax",
        1 => "rcx",
        2 => "rdx",
        3 => "rbx",
        4 => "rsp",
        5 => "rbp",
        6 => "rsi",
        7 => "rdi",
        8 => "r8",
        9 => "r9",
        10 => "r10",
        11 => "r11",
        12 => "r12",
        13 => "r13",
        14 => "r14",
        _ => "r15",
    };
}
