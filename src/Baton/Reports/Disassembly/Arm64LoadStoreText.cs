using System.Globalization;
using Baton.Proofs.Arm64;

namespace Baton.Reports.Disassembly;

/// <summary>Loads and stores of one register and of pairs.</summary>
internal static class Arm64LoadStoreText
{
    private const uint Doubleword = 3;

    public static string Of(Arm64Operation operation, Arm64Word word) => operation switch
    {
        Arm64Operation.LoadLiteral => Literal(word),
        Arm64Operation.LoadPair or Arm64Operation.StorePair => Pair(word),
        Arm64Operation.LoadIndexed or Arm64Operation.StoreIndexed => $"{Name(word, "")} {Value(word)}, {Indexed(word)}",
        Arm64Operation.LoadUnprivileged or Arm64Operation.StoreUnprivileged =>
            $"{Name(word, "t")} {Value(word)}, {At(word, word.Signed(20, 12))}",
        _ when word.Bit(24) == 0 || word.Bits(29, 28) != 0b11 => Unscaled(word),
        _ => $"{Name(word, "")} {Value(word)}, {At(word, Scaled(word))}",
    };

    /// <summary>PRFM and PRFUM, with what they prefetch.</summary>
    public static string Prefetch(string what, Arm64Word word) =>
        word.Bit(24) != 0 ? $"prfm {what}, {At(word, Scaled(word))}"
        : word.Bit(21) != 0 ? $"prfm {what}, {Indexed(word)}"
        : $"prfum {what}, {At(word, word.Signed(20, 12))}";

    private static string Literal(Arm64Word word)
    {
        string name = word.Bits(31, 30) == 0b10 ? "ldrsw" : "ldr";
        return $"{name} {Arm64Word.R(word.Bits(31, 30) != 0, word.D)}, {word.Target(word.Signed(23, 5) << 2)}";
    }

    private static string Unscaled(Arm64Word word)
    {
        long offset = word.Signed(20, 12);
        if (word.Bits(29, 28) == 0b01)
        {
            string ordered = Name(word, "u");
            return $"{(ordered[0] == 'l' ? $"ldapu{ordered[3..]}" : $"stlu{ordered[3..]}")} {Value(word)}, {At(word, offset)}";
        }

        string b = Arm64Word.XOrStack(word.N);
        return word.Bits(11, 10) switch
        {
            0b01 => $"{Name(word, "")} {Value(word)}, [{b}], {Arm64Word.Distance(offset)}",
            0b11 => $"{Name(word, "")} {Value(word)}, [{b}, {Arm64Word.Distance(offset)}]!",
            _ => $"{Name(word, "u")} {Value(word)}, {At(word, offset)}",
        };
    }

    private static string Pair(Arm64Word word)
    {
        uint opc = word.Bits(31, 30);
        uint mode = word.Bits(24, 23);
        bool isSigned = opc == 0b01;
        long offset = word.Signed(21, 15) << (opc == 0b10 ? 3 : 2);
        string name = $"{(word.Bit(22) != 0 ? "ld" : "st")}{(mode == 0 ? "n" : "")}p{(isSigned ? "sw" : "")}";
        string values = $"{Arm64Word.R(opc != 0, word.D)}, {Arm64Word.R(opc != 0, word.A)}";
        string b = Arm64Word.XOrStack(word.N);
        return mode switch
        {
            0b01 => $"{name} {values}, [{b}], {Arm64Word.Distance(offset)}",
            0b11 => $"{name} {values}, [{b}, {Arm64Word.Distance(offset)}]!",
            _ => $"{name} {values}, {At(word, offset)}",
        };
    }

    private static string Indexed(Arm64Word word)
    {
        uint option = word.Bits(15, 13);
        bool isShifted = word.Bit(12) != 0;
        string index = Arm64Word.R((option & 1) != 0, word.M);
        string amount = isShifted ? string.Create(CultureInfo.InvariantCulture, $" #{word.Bits(31, 30)}") : "";
        string extension = option switch
        {
            0b010 => $", uxtw{amount}",
            0b110 => $", sxtw{amount}",
            0b111 => $", sxtx{amount}",
            _ => isShifted ? $", lsl{amount}" : "",
        };
        return $"[{Arm64Word.XOrStack(word.N)}, {index}{extension}]";
    }

    private static string At(Arm64Word word, long offset) => offset == 0
        ? $"[{Arm64Word.XOrStack(word.N)}]"
        : $"[{Arm64Word.XOrStack(word.N)}, {Arm64Word.Distance(offset)}]";

    private static long Scaled(Arm64Word word) => (long)word.Bits(21, 10) << (int)word.Bits(31, 30);

    /// <summary>LDR, STRB, LDRSW and the like, with <c>u</c> or <c>t</c> in the place of the r.</summary>
    private static string Name(Arm64Word word, string kind)
    {
        uint opc = word.Bits(23, 22);
        string middle = kind.Length == 0 ? "r" : $"{kind}r";
        return $"{(opc == 0 ? "st" : "ld")}{middle}{(opc >= 2 ? "s" : "")}{Suffix(word, opc)}";
    }

    private static string Suffix(Arm64Word word, uint opc) => word.Bits(31, 30) switch
    {
        0 => "b",
        1 => "h",
        2 when opc >= 2 => "w",
        _ => "",
    };

    private static string Value(Arm64Word word) =>
        Arm64Word.R(word.Bits(31, 30) == Doubleword || word.Bits(23, 22) == 2, word.D);
}
