using System.Globalization;
using Baton.Proofs.Arm64;

namespace Baton.Reports.Disassembly;

/// <summary>
/// A64 machine code as text, in the spelling that the Arm ARM (DDI 0487, chapter C6) prefers. It knows the instructions that
/// the simulated processor decodes; any other word is data (<c>.inst</c>).
/// </summary>
public static class Arm64Listing
{
    /// <summary>Bytes of an instruction.</summary>
    public const int InstructionSize = 4;

    /// <summary>One instruction.</summary>
    /// <param name="word">Its 32 bits.</param>
    /// <param name="address">Its virtual address, from which the targets of branches and literals are counted.</param>
    public static string Text(uint word, ulong address)
    {
        Arm64Operation operation = Arm64Decoder.Decode(word).Operation;
        Arm64Word fields = new(word, address);
        return operation switch
        {
            Arm64Operation.Undefined => Data(word, "undefined"),
            Arm64Operation.NotSimulated => Data(word, "not simulated"),
            Arm64Operation.Unpredictable => Data(word, "unpredictable"),
            Arm64Operation.Nop => Arm64HintText.Of(fields),
            >= Arm64Operation.PcRelative and <= Arm64Operation.Extr => Arm64ImmediateText.Of(operation, fields),
            >= Arm64Operation.AddShifted and <= Arm64Operation.AndsShifted => Arm64RegisterText.Of(operation, fields),
            >= Arm64Operation.Adc and <= Arm64Operation.Csneg => Arm64FlagText.Of(operation, fields),
            >= Arm64Operation.Rbit and <= Arm64Operation.Umulh => Arm64SourcesText.Of(operation, fields),
            >= Arm64Operation.B and <= Arm64Operation.Brk => Arm64BranchText.Of(operation, fields),
            >= Arm64Operation.Clrex and <= Arm64Operation.FlagsToExternal => Arm64SystemText.Of(operation, fields),
            >= Arm64Operation.LoadLiteral and <= Arm64Operation.StorePair => Arm64LoadStoreText.Of(operation, fields),
            _ => Arm64AtomicText.Of(operation, fields),
        };
    }

    private static string Data(uint word, string what) =>
        string.Create(CultureInfo.InvariantCulture, $".inst 0x{word:x8} // {what}");
}
