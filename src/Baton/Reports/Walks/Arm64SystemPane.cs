using System.Globalization;
using Baton.Proofs.Arm64;

namespace Baton.Reports.Walks;

/// <summary>
/// The system registers that say how memory is seen and where exceptions go, those of the level in use, with the fields that
/// matter to a crossing (Arm ARM, DDI 0487, chapter D17).
/// </summary>
internal static class Arm64SystemPane
{
    private static readonly RegisterBit[] SystemControl =
        [new(0, "M"), new(1, "A"), new(2, "C"), new(3, "SA"), new(12, "I"), new(19, "WXN"), new(25, "EE")];

    private static readonly RegisterBit[] Hypervisor =
    [
        new(0, "VM"), new(3, "FMO"), new(4, "IMO"), new(5, "AMO"), new(12, "DC"), new(27, "TGE"), new(31, "RW"), new(34, "E2H"),
    ];

    private static readonly Arm64SystemRegister[] AtEl1 =
    [
        Arm64SystemRegister.SctlrEl1, Arm64SystemRegister.TcrEl1, Arm64SystemRegister.Ttbr0El1, Arm64SystemRegister.Ttbr1El1,
        Arm64SystemRegister.MairEl1, Arm64SystemRegister.CpacrEl1, Arm64SystemRegister.VbarEl1, Arm64SystemRegister.SpsrEl1,
        Arm64SystemRegister.ElrEl1,
    ];

    private static readonly Arm64SystemRegister[] AtEl2 =
    [
        Arm64SystemRegister.SctlrEl2, Arm64SystemRegister.HcrEl2, Arm64SystemRegister.TcrEl2, Arm64SystemRegister.Ttbr0El2,
        Arm64SystemRegister.Ttbr1El2, Arm64SystemRegister.MairEl2, Arm64SystemRegister.CptrEl2, Arm64SystemRegister.VbarEl2,
        Arm64SystemRegister.SpsrEl2, Arm64SystemRegister.ElrEl2,
    ];

    public static IReadOnlyList<PaneLine> Lines(Arm64Processor processor)
    {
        int level = processor.ExceptionLevel;
        List<PaneLine> lines =
        [
            PaneLine.Of(string.Create(
                CultureInfo.InvariantCulture,
                $"EL{level} with SP_EL{(processor.UsesOwnStack ? level : 0)}, flags {Flags(processor)},"
                + $" masked {Masks(processor)}")),
        ];
        foreach (Arm64SystemRegister register in level == 2 ? AtEl2 : AtEl1)
        {
            lines.Add(Line(processor, register));
        }

        return lines;
    }

    /// <summary>N, Z, C and V, with a dash for each that is clear.</summary>
    public static string Flags(Arm64Processor processor) => Letters(processor.Nzcv >> 28, "NZCV");

    /// <summary>Debug, SError, IRQ and FIQ, with a dash for each that is not masked.</summary>
    public static string Masks(Arm64Processor processor) =>
        Letters((uint)(processor.ReadSystemRegister(Arm64SystemRegister.Daif) >> 6), "DAIF");

    public static string OnOrOff(bool isOn) => isOn ? "on" : "off";

    private static string Letters(uint bits, string names)
    {
        char[] letters = names.ToCharArray();
        for (int i = 0; i < letters.Length; i++)
        {
            letters[i] = (bits >> (letters.Length - 1 - i) & 1) != 0 ? letters[i] : '-';
        }

        return new string(letters);
    }

    private static PaneLine Line(Arm64Processor processor, Arm64SystemRegister register)
    {
        ulong value = processor.ReadSystemRegister(register);
        string name = Arm64SystemRegisterTable.NameOf((int)register);
        return PaneLine.Of($"  {name,-10} {value:x16}  {Describe(register, value)}".TrimEnd());
    }

    private static string Describe(Arm64SystemRegister register, ulong value) => register switch
    {
        Arm64SystemRegister.SctlrEl1 or Arm64SystemRegister.SctlrEl2 => Set(value, SystemControl),
        Arm64SystemRegister.HcrEl2 => Set(value, Hypervisor),
        Arm64SystemRegister.TcrEl1 or Arm64SystemRegister.TcrEl2 => string.Create(
            CultureInfo.InvariantCulture, $"T0SZ {value & 0x3f}: {64 - (int)(value & 0x3f)} bits of address"),
        _ => "",
    };

    private static string Set(ulong value, RegisterBit[] bits)
    {
        string set = string.Join(' ', bits.Where(bit => (value >> bit.Bit & 1) != 0).Select(bit => bit.Name));
        string clear = string.Join(' ', bits.Where(bit => (value >> bit.Bit & 1) == 0).Select(bit => bit.Name));
        return set.Length == 0 ? $"clear: {clear}" : clear.Length == 0 ? $"set: {set}" : $"set: {set}; clear: {clear}";
    }

    /// <summary>A bit of a register with the manual's name for it.</summary>
    private sealed record RegisterBit(int Bit, string Name);
}
