using Baton.Proofs.Arm64;

namespace Baton.Reports.Disassembly;

/// <summary>Exclusive, ordered and atomic loads and stores.</summary>
internal static class Arm64AtomicText
{
    private const uint Doubleword = 3;

    private static readonly string[] Updates = ["add", "clr", "eor", "set", "smax", "smin", "umax", "umin"];

    public static string Of(Arm64Operation operation, Arm64Word word)
    {
        bool is64 = word.Bits(31, 30) == Doubleword;
        string t = Arm64Word.R(is64, word.D);
        string second = Arm64Word.R(is64, word.A);
        string b = $"[{Arm64Word.XOrStack(word.N)}]";
        string status = Arm64Word.W(word.M);
        string ordered = word.Bit(15) != 0 ? "a" : "";
        string released = word.Bit(15) != 0 ? "l" : "";
        return operation switch
        {
            Arm64Operation.LoadExclusive => $"ld{ordered}xr{Size(word)} {t}, {b}",
            Arm64Operation.LoadExclusivePair => $"ld{ordered}xp {t}, {second}, {b}",
            Arm64Operation.StoreExclusive => $"st{released}xr{Size(word)} {status}, {t}, {b}",
            Arm64Operation.StoreExclusivePair => $"st{released}xp {status}, {t}, {second}, {b}",
            Arm64Operation.LoadAcquire when word.Bits(29, 28) == 0b11 => $"ldapr{Size(word)} {t}, {b}",
            Arm64Operation.LoadAcquire => $"{(word.Bit(15) != 0 ? "ldar" : "ldlar")}{Size(word)} {t}, {b}",
            Arm64Operation.StoreRelease => $"{(word.Bit(15) != 0 ? "stlr" : "stllr")}{Size(word)} {t}, {b}",
            Arm64Operation.CompareAndSwap =>
                $"cas{(word.Bit(22) != 0 ? "a" : "")}{released}{Size(word)} {Arm64Word.R(is64, word.M)}, {t}, {b}",
            Arm64Operation.CompareAndSwapPair => Pair(word, b),
            _ => Update(operation, word, is64, b),
        };
    }

    private static string Pair(Arm64Word word, string b)
    {
        bool is64 = word.Bit(30) != 0;
        string name = $"casp{(word.Bit(22) != 0 ? "a" : "")}{(word.Bit(15) != 0 ? "l" : "")}";
        return $"{name} {Both(word.M)}, {Both(word.D)}, {b}";

        string Both(int register) => $"{Arm64Word.R(is64, register)}, {Arm64Word.R(is64, register + 1)}";
    }

    /// <summary>An update whose old value nobody wants is called a store, if it does not acquire.</summary>
    private static string Update(Arm64Operation operation, Arm64Word word, bool is64, string b)
    {
        bool acquires = word.Bit(23) != 0;
        string order = $"{(acquires ? "a" : "")}{(word.Bit(22) != 0 ? "l" : "")}{Size(word)}";
        string operand = Arm64Word.R(is64, word.M);
        if (operation == Arm64Operation.Swap)
        {
            return $"swp{order} {operand}, {Arm64Word.R(is64, word.D)}, {b}";
        }

        string name = Updates[operation - Arm64Operation.AtomicAdd];
        return word.D == Arm64Word.Zero && !acquires
            ? $"st{name}{order} {operand}, {b}"
            : $"ld{name}{order} {operand}, {Arm64Word.R(is64, word.D)}, {b}";
    }

    private static string Size(Arm64Word word) => word.Bits(31, 30) switch { 0 => "b", 1 => "h", _ => "" };
}
