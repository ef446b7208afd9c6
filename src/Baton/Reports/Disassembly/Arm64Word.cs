using System.Globalization;
using Baton.Proofs.Arm64;

namespace Baton.Reports.Disassembly;

/// <summary>The fields of an instruction word, as text and as numbers.</summary>
/// <param name="Word">The 32 bits.</param>
/// <param name="Address">The instruction's virtual address.</param>
internal readonly record struct Arm64Word(uint Word, ulong Address)
{
    /// <summary>The number of the zero register and of the stack pointer.</summary>
    public const int Zero = 31;

    private static readonly string[] Conditions =
        ["eq", "ne", "hs", "lo", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le", "al", "nv"];

    /// <summary>Bit 31: whether the operands have 64 bits.</summary>
    public bool Is64 => Bit(31) != 0;

    /// <summary>Bits of an operand: 32 or 64.</summary>
    public int Width => Is64 ? 64 : 32;

    /// <summary>Rd or Rt.</summary>
    public int D => (int)Bits(4, 0);

    /// <summary>Rn.</summary>
    public int N => (int)Bits(9, 5);

    /// <summary>Rm or Rs.</summary>
    public int M => (int)Bits(20, 16);

    /// <summary>Ra or Rt2.</summary>
    public int A => (int)Bits(14, 10);

    /// <summary>A register of 64 bits; 31 is zero.</summary>
    public static string X(int register) => Register('x', register);

    /// <summary>A register of 32 bits; 31 is zero.</summary>
    public static string W(int register) => Register('w', register);

    /// <summary>A register of either width; 31 is zero.</summary>
    public static string R(bool is64, int register) => Register(is64 ? 'x' : 'w', register);

    /// <summary>A register of 64 bits; 31 is the stack pointer.</summary>
    public static string XOrStack(int register) => register == Zero ? "sp" : X(register);

    /// <summary>A number as operand, in hexadecimal.</summary>
    public static string Number(ulong value) => string.Create(CultureInfo.InvariantCulture, $"#0x{value:x}");

    /// <summary>A distance as operand, in hexadecimal with its sign.</summary>
    public static string Distance(long value) => value < 0
        ? string.Create(CultureInfo.InvariantCulture, $"#-0x{-value:x}")
        : Number((ulong)value);

    /// <summary>A condition by its number.</summary>
    public static string Condition(uint number) => Conditions[number];

    /// <summary>Some bits of the word.</summary>
    public uint Bits(int high, int low) => (Word >> low) & ((1U << (high - low + 1)) - 1);

    /// <summary>One bit of the word.</summary>
    public uint Bit(int bit) => (Word >> bit) & 1;

    /// <summary>Some bits of the word as a number with a sign.</summary>
    public long Signed(int high, int low) =>
        unchecked((long)Arm64Arithmetic.SignExtendBits(Bits(high, low), high - low + 1));

    /// <summary>A register of the operands' width; 31 is zero.</summary>
    public string R(int register) => R(Is64, register);

    /// <summary>A register of the operands' width; 31 is the stack pointer.</summary>
    public string ROrStack(int register) => register != Zero ? R(register) : Is64 ? "sp" : "wsp";

    /// <summary>An address at a distance from the instruction.</summary>
    public string Target(long distance) =>
        string.Create(CultureInfo.InvariantCulture, $"0x{unchecked(Address + (ulong)distance):x}");

    private static string Register(char kind, int register) =>
        register == Zero ? $"{kind}zr" : string.Create(CultureInfo.InvariantCulture, $"{kind}{register}");
}
