namespace Baton.Trampolines;

/// <summary>A 32-bit general register; those from r8d on exist in 64-bit mode only.</summary>
public readonly record struct Reg32
{
    private Reg32(byte number) => Number = number;

    public static Reg32 Eax => new(0);

    public static Reg32 Ecx => new(1);

    public static Reg32 Edx => new(2);

    public static Reg32 Ebx => new(3);

    public static Reg32 Esp => new(4);

    public static Reg32 Ebp => new(5);

    public static Reg32 Esi => new(6);

    public static Reg32 Edi => new(7);

    public static Reg32 R8d => new(8);

    public static Reg32 R9d => new(9);

    public static Reg32 R10d => new(10);

    public static Reg32 R11d => new(11);

    public static Reg32 R12d => new(12);

    public static Reg32 R13d => new(13);

    public static Reg32 R14d => new(14);

    public static Reg32 R15d => new(15);

    /// <summary>All of them, in the order of their numbers.</summary>
    public static IReadOnlyList<Reg32> All { get; } = [.. Enumerable.Range(0, 16).Select(n => new Reg32((byte)n))];

    /// <summary>The number that instructions hold: 0 to 15.</summary>
    public byte Number { get; }

    public override string ToString() => Name(Number);

    private static string Name(byte number) => number switch
    {
        0 => "eax",
        1 => "ecx",
        2 => "edx",
        3 => "ebx",
        4 => "esp",
        5 => "ebp",
        6 => "esi",
        7 => "edi",
        8 => "r8d",
        9 => "r9d",
        10 => "r10d",
        11 => "r11d",
        12 => "r12d",
        13 => "r13d",
        14 => "r14d",
        _ => "r15d",
    };
}
