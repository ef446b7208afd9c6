using Baton.Proofs.Arm64;

namespace Baton.Reports.Disassembly;

/// <summary>What reads or writes the flags: carries, conditional comparison and selection, RMIF and SETF.</summary>
internal static class Arm64FlagText
{
    /// <summary>Conditions from here on are always true, and have no opposite.</summary>
    private const uint Always = 14;

    public static string Of(Arm64Operation operation, Arm64Word word) => operation switch
    {
        Arm64Operation.RotateIntoFlags =>
            $"rmif {Arm64Word.X(word.N)}, {Arm64Word.Number(word.Bits(20, 15))}, {Arm64Word.Number(word.Bits(3, 0))}",
        Arm64Operation.SetFlagsOfByte => $"setf8 {Arm64Word.W(word.N)}",
        Arm64Operation.SetFlagsOfHalfword => $"setf16 {Arm64Word.W(word.N)}",
        Arm64Operation.CompareNegativeRegister => Compare("ccmn", word.R(word.M), word),
        Arm64Operation.CompareNegativeImmediate => Compare("ccmn", Arm64Word.Number((ulong)word.M), word),
        Arm64Operation.CompareRegister => Compare("ccmp", word.R(word.M), word),
        Arm64Operation.CompareImmediate => Compare("ccmp", Arm64Word.Number((ulong)word.M), word),
        >= Arm64Operation.Csel => Select(operation, word),
        _ => Carry(word),
    };

    private static string Carry(Arm64Word word)
    {
        (bool isSub, string flags) = (word.Bit(30) != 0, word.Bit(29) != 0 ? "s" : "");
        return isSub && word.N == Arm64Word.Zero
            ? $"ngc{flags} {word.R(word.D)}, {word.R(word.M)}"
            : $"{(isSub ? "sbc" : "adc")}{flags} {word.R(word.D)}, {word.R(word.N)}, {word.R(word.M)}";
    }

    private static string Compare(string name, string second, Arm64Word word) =>
        $"{name} {word.R(word.N)}, {second}, {Arm64Word.Number(word.Bits(3, 0))}, {Arm64Word.Condition(word.Bits(15, 12))}";

    private static string Select(Arm64Operation operation, Arm64Word word)
    {
        uint condition = word.Bits(15, 12);
        string name = operation switch
        {
            Arm64Operation.Csel => "csel",
            Arm64Operation.Csinc => "csinc",
            Arm64Operation.Csinv => "csinv",
            _ => "csneg",
        };
        if (operation != Arm64Operation.Csel && word.N == word.M && condition < Always)
        {
            string opposite = Arm64Word.Condition(condition ^ 1);
            bool isZero = word.N == Arm64Word.Zero;
            return operation switch
            {
                Arm64Operation.Csinc when isZero => $"cset {word.R(word.D)}, {opposite}",
                Arm64Operation.Csinv when isZero => $"csetm {word.R(word.D)}, {opposite}",
                Arm64Operation.Csinc => $"cinc {word.R(word.D)}, {word.R(word.N)}, {opposite}",
                Arm64Operation.Csinv => $"cinv {word.R(word.D)}, {word.R(word.N)}, {opposite}",
                _ => $"cneg {word.R(word.D)}, {word.R(word.N)}, {opposite}",
            };
        }

        return $"{name} {word.R(word.D)}, {word.R(word.N)}, {word.R(word.M)}, {Arm64Word.Condition(condition)}";
    }
}
