using System.Globalization;
using Baton.Proofs.Arm64;

namespace Baton.Reports.Disassembly;

/// <summary>Barriers, system registers and system instructions.</summary>
internal static class Arm64SystemText
{
    private const uint WholeSystem = 15;

    private static readonly string[] Domains =
        ["", "oshld", "oshst", "osh", "", "nshld", "nshst", "nsh", "", "ishld", "ishst", "ish", "", "ld", "st", "sy"];

    public static string Of(Arm64Operation operation, Arm64Word word) => operation switch
    {
        Arm64Operation.Clrex => $"clrex{Option(word)}",
        Arm64Operation.Isb => $"isb{Option(word)}",
        Arm64Operation.Dmb => $"dmb {Domain(word.Bits(11, 8))}",
        Arm64Operation.Dsb => DataBarrier(word),
        Arm64Operation.Mrs => $"mrs {Arm64Word.X(word.D)}, {RegisterName(word)}",
        Arm64Operation.Msr => $"msr {RegisterName(word)}, {Arm64Word.X(word.D)}",
        Arm64Operation.MsrImmediate => $"msr {StateField(word)}, {Arm64Word.Number(word.Bits(11, 8))}",
        Arm64Operation.InvertCarry => "cfinv",
        Arm64Operation.FlagsFromExternal => "xaflag",
        Arm64Operation.FlagsToExternal => "axflag",
        _ => Arm64MaintenanceText.Of(word),
    };

    private static string RegisterName(Arm64Word word) => Arm64SystemRegisterTable.NameOf((int)word.Bits(20, 5));

    private static string DataBarrier(Arm64Word word)
    {
        uint option = word.Bits(11, 8);
        if (word.Bits(7, 5) == 0b001)
        {
            // The barrier that does not wait for what other processors ordered without XS; two bits of its option count.
            return $"dsb {(option >> 2) switch { 0 => "osh", 1 => "nsh", 2 => "ish", _ => "sy" }}nxs";
        }

        return option switch { 0 => "ssbb", 4 => "pssbb", _ => $"dsb {Domain(option)}" };
    }

    private static string Domain(uint option) =>
        Domains[option] is { Length: > 0 } name ? name : Arm64Word.Number(option);

    private static string Option(Arm64Word word) =>
        word.Bits(11, 8) is var option && option == WholeSystem ? "" : $" {Arm64Word.Number(option)}";

    private static string StateField(Arm64Word word) => (word.Bits(18, 16), word.Bits(7, 5)) switch
    {
        (0, 3) => "UAO",
        (0, 4) => "PAN",
        (0, 5) => "SPSel",
        (3, 1) => "SSBS",
        (3, 2) => "DIT",
        (3, 6) => "DAIFSet",
        _ => "DAIFClr",
    };
}
