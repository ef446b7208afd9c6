using Baton.Proofs.Arm64;

namespace Baton.Reports.Disassembly;

/// <summary>Data processing with one, two and three sources.</summary>
internal static class Arm64SourcesText
{
    private const string Sizes = "bhwx";

    public static string Of(Arm64Operation operation, Arm64Word word) => operation switch
    {
        Arm64Operation.Rbit => One("rbit", word),
        Arm64Operation.Rev16 => One("rev16", word),
        Arm64Operation.Rev32 => One(word.Is64 ? "rev32" : "rev", word),
        Arm64Operation.Rev64 => One("rev", word),
        Arm64Operation.Clz => One("clz", word),
        Arm64Operation.Cls => One("cls", word),
        Arm64Operation.Udiv => Two("udiv", word),
        Arm64Operation.Sdiv => Two("sdiv", word),
        Arm64Operation.Lslv => Two("lsl", word),
        Arm64Operation.Lsrv => Two("lsr", word),
        Arm64Operation.Asrv => Two("asr", word),
        Arm64Operation.Rorv => Two("ror", word),
        Arm64Operation.Crc32 => Crc("crc32", word),
        Arm64Operation.Crc32c => Crc("crc32c", word),
        Arm64Operation.Smulh => Two("smulh", word),
        Arm64Operation.Umulh => Two("umulh", word),
        Arm64Operation.Madd => Multiply("madd", "mul", word),
        Arm64Operation.Msub => Multiply("msub", "mneg", word),
        Arm64Operation.Smaddl => MultiplyLong("smaddl", "smull", word),
        Arm64Operation.Smsubl => MultiplyLong("smsubl", "smnegl", word),
        Arm64Operation.Umaddl => MultiplyLong("umaddl", "umull", word),
        _ => MultiplyLong("umsubl", "umnegl", word),
    };

    private static string One(string name, Arm64Word word) => $"{name} {word.R(word.D)}, {word.R(word.N)}";

    private static string Two(string name, Arm64Word word) => $"{name} {word.R(word.D)}, {word.R(word.N)}, {word.R(word.M)}";

    private static string Crc(string name, Arm64Word word) =>
        $"{name}{Sizes[(int)word.Bits(11, 10)]} {Arm64Word.W(word.D)}, {Arm64Word.W(word.N)}, {word.R(word.M)}";

    private static string Multiply(string name, string toZero, Arm64Word word) => word.A == Arm64Word.Zero
        ? Two(toZero, word)
        : $"{Two(name, word)}, {word.R(word.A)}";

    private static string MultiplyLong(string name, string toZero, Arm64Word word)
    {
        string factors = $"{Arm64Word.X(word.D)}, {Arm64Word.W(word.N)}, {Arm64Word.W(word.M)}";
        return word.A == Arm64Word.Zero ? $"{toZero} {factors}" : $"{name} {factors}, {Arm64Word.X(word.A)}";
    }
}
