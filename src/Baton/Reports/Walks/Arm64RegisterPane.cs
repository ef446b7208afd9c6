using System.Globalization;
using Baton.Proofs.Arm64;
using Baton.Proofs.Walks;

namespace Baton.Reports.Walks;

/// <summary>The registers of an arm64 processor in 11 lines of at most 79 columns.</summary>
internal static class Arm64RegisterPane
{
    private const int Rows = 11;
    private const int GeneralRegisters = 31;
    private const int Column = 21;

    public static IReadOnlyList<PaneLine> Lines(WalkSession session, Arm64Processor processor)
    {
        HashSet<string> changed = [.. session.Changes.Select(change => change.Name)];
        PanePiece Piece(string text, int width, params string[] names)
        {
            bool isChanged = names.Any(changed.Contains);
            return new PanePiece(
                $"{(isChanged ? '*' : ' ')}{text}".PadRight(width), isChanged ? PaneStyle.Bold : PaneStyle.Plain);
        }

        PanePiece Cell(int index)
        {
            (string name, ulong value) = index switch
            {
                < GeneralRegisters => (string.Create(CultureInfo.InvariantCulture, $"X{index}"), processor[index]),
                GeneralRegisters => ("SP", processor.StackPointer),
                _ => (session.Machine.ProgramCounterName, processor.ProgramCounter),
            };
            return Piece($"{name,-3} {value:x16}", Column, name);
        }

        int level = processor.ExceptionLevel;
        string control = string.Create(CultureInfo.InvariantCulture, $"SCTLR_EL{level}");
        Arm64SystemRegister register = level == 2 ? Arm64SystemRegister.SctlrEl2 : Arm64SystemRegister.SctlrEl1;
        ulong controlValue = processor.ReadSystemRegister(register);
        PanePiece[] right =
        [
            Piece(string.Create(CultureInfo.InvariantCulture, $"EL{level}"), 0, "CurrentEL"),
            Piece(processor.UsesOwnStack ? string.Create(CultureInfo.InvariantCulture, $"SP_EL{level}") : "SP_EL0", 0, "SPSel"),
            Piece($"NZCV {Arm64SystemPane.Flags(processor)}", 0, "NZCV"),
            Piece($"DAIF {Arm64SystemPane.Masks(processor)}", 0, "DAIF"),
            Piece($"MMU {Arm64SystemPane.OnOrOff(processor.IsMmuOn)}", 0, control),
            Piece($"D-cache {Arm64SystemPane.OnOrOff(processor.IsDataCacheOn)}", 0, control),
            Piece($"I-cache {Arm64SystemPane.OnOrOff(processor.IsInstructionCacheOn)}", 0, control),

            // There is no room for 16 digits beside the three columns: each half has a row.
            Piece(control, 0, control),
            Piece($"63:32 {controlValue >> 32:x8}", 0, control),
            Piece($"31:0  {controlValue & uint.MaxValue:x8}", 0, control),
        ];
        return
        [
            .. Enumerable.Range(0, Rows).Select(row => new PaneLine(
            [
                Cell(row), Cell(row + Rows), Cell(row + (2 * Rows)),
                row < right.Length ? right[row] : new PanePiece(""),
            ])),
        ];
    }
}
