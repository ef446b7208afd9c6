using System.Globalization;
using Baton.Proofs.Arm64;

namespace Baton.Reports.Disassembly;

/// <summary>Branches, and what raises exceptions or returns from them.</summary>
internal static class Arm64BranchText
{
    private const int LinkRegister = 30;

    public static string Of(Arm64Operation operation, Arm64Word word) => operation switch
    {
        Arm64Operation.B => $"b {word.Target(word.Signed(25, 0) << 2)}",
        Arm64Operation.Bl => $"bl {word.Target(word.Signed(25, 0) << 2)}",
        Arm64Operation.BConditional => $"b.{Arm64Word.Condition(word.Bits(3, 0))} {word.Target(word.Signed(23, 5) << 2)}",
        Arm64Operation.Cbz => $"cbz {word.R(word.D)}, {word.Target(word.Signed(23, 5) << 2)}",
        Arm64Operation.Cbnz => $"cbnz {word.R(word.D)}, {word.Target(word.Signed(23, 5) << 2)}",
        Arm64Operation.Tbz => Test("tbz", word),
        Arm64Operation.Tbnz => Test("tbnz", word),
        Arm64Operation.Br when word.Bits(24, 21) == 0 => $"br {Arm64Word.X(word.N)}",
        Arm64Operation.Br => word.N == LinkRegister ? "ret" : $"ret {Arm64Word.X(word.N)}",
        Arm64Operation.Blr => $"blr {Arm64Word.X(word.N)}",
        Arm64Operation.Eret => "eret",
        Arm64Operation.Svc => $"svc {Arm64Word.Number(word.Bits(20, 5))}",
        Arm64Operation.Hvc => $"hvc {Arm64Word.Number(word.Bits(20, 5))}",
        Arm64Operation.Smc => $"smc {Arm64Word.Number(word.Bits(20, 5))}",
        _ => $"brk {Arm64Word.Number(word.Bits(20, 5))}",
    };

    private static string Test(string name, Arm64Word word)
    {
        uint bit = (word.Bit(31) << 5) | word.Bits(23, 19);
        return string.Create(
            CultureInfo.InvariantCulture, $"{name} {word.R(word.D)}, #{bit}, {word.Target(word.Signed(18, 5) << 2)}");
    }
}
