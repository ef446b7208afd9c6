using System.Globalization;
using Baton.Proofs.Arm64;

namespace Baton.Reports.Disassembly;

/// <summary>Addition, subtraction and logic with a shifted or extended register.</summary>
internal static class Arm64RegisterText
{
    private static readonly string[] Shifts = ["lsl", "lsr", "asr", "ror"];
    private static readonly string[] Extensions = ["uxtb", "uxth", "uxtw", "uxtx", "sxtb", "sxth", "sxtw", "sxtx"];
    private static readonly string[] Logicals = ["and", "bic", "orr", "orn", "eor", "eon", "ands", "bics"];

    public static string Of(Arm64Operation operation, Arm64Word word) => operation switch
    {
        >= Arm64Operation.AndShifted => Logical(word),
        >= Arm64Operation.AddExtended => AddSubExtended(word),
        _ => AddSubShifted(word),
    };

    private static string Logical(Arm64Word word)
    {
        string name = Logicals[(int)((word.Bits(30, 29) << 1) | word.Bit(21))];
        string second = Shifted(word);
        bool isPlain = second == word.R(word.M);
        return name switch
        {
            "orr" when word.N == Arm64Word.Zero && isPlain => $"mov {word.R(word.D)}, {second}",
            "orn" when word.N == Arm64Word.Zero => $"mvn {word.R(word.D)}, {second}",
            "ands" when word.D == Arm64Word.Zero => $"tst {word.R(word.N)}, {second}",
            _ => $"{name} {word.R(word.D)}, {word.R(word.N)}, {second}",
        };
    }

    private static string AddSubShifted(Arm64Word word)
    {
        (bool isSub, bool setsFlags) = (word.Bit(30) != 0, word.Bit(29) != 0);
        string second = Shifted(word);
        if (setsFlags && word.D == Arm64Word.Zero)
        {
            return $"{(isSub ? "cmp" : "cmn")} {word.R(word.N)}, {second}";
        }

        string flags = setsFlags ? "s" : "";
        return isSub && word.N == Arm64Word.Zero
            ? $"neg{flags} {word.R(word.D)}, {second}"
            : $"{(isSub ? "sub" : "add")}{flags} {word.R(word.D)}, {word.R(word.N)}, {second}";
    }

    private static string AddSubExtended(Arm64Word word)
    {
        (bool isSub, bool setsFlags) = (word.Bit(30) != 0, word.Bit(29) != 0);
        string n = word.ROrStack(word.N);
        string second = Extended(word, hasStack: word.N == Arm64Word.Zero || (!setsFlags && word.D == Arm64Word.Zero));
        if (setsFlags && word.D == Arm64Word.Zero)
        {
            return $"{(isSub ? "cmp" : "cmn")} {n}, {second}";
        }

        string d = setsFlags ? word.R(word.D) : word.ROrStack(word.D);
        return $"{(isSub ? "sub" : "add")}{(setsFlags ? "s" : "")} {d}, {n}, {second}";
    }

    private static string Shifted(Arm64Word word)
    {
        uint amount = word.Bits(15, 10);
        uint kind = word.Bits(23, 22);
        return amount == 0 && kind == 0
            ? word.R(word.M)
            : string.Create(CultureInfo.InvariantCulture, $"{word.R(word.M)}, {Shifts[kind]} #{amount}");
    }

    /// <summary>Beside the stack pointer, the extension that extends nothing is LSL, or left out.</summary>
    private static string Extended(Arm64Word word, bool hasStack)
    {
        const uint doubleword = 3;
        uint option = word.Bits(15, 13);
        uint amount = word.Bits(12, 10);
        string register = Arm64Word.R(word.Is64 && (option & 3) == doubleword, word.M);
        bool isShift = hasStack && option == (word.Is64 ? 0b011U : 0b010U);
        if (isShift && amount == 0)
        {
            return register;
        }

        string shift = amount == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" #{amount}");
        return $"{register}, {(isShift ? "lsl" : Extensions[option])}{shift}";
    }
}
