using System.Collections.Frozen;
using System.Globalization;

namespace Baton.Reports.Disassembly;

/// <summary>
/// SYS with the names that the manual gives its uses (C5.3 to C5.5): maintenance of caches and translations, and address
/// translation.
/// </summary>
internal static class Arm64MaintenanceText
{
    /// <summary>By op1, CRn, CRm and op2, as the word has them in bits 18 to 5.</summary>
    private static readonly FrozenDictionary<int, string> Names = MakeNames();

    /// <summary>Those that take no register.</summary>
    private static readonly string[] WithoutRegister =
    [
        "ic iallu", "ic ialluis", "tlbi vmalle1", "tlbi vmalle1is", "tlbi alle1", "tlbi alle1is", "tlbi alle2", "tlbi alle2is",
        "tlbi alle3", "tlbi alle3is", "tlbi vmalls12e1", "tlbi vmalls12e1is",
    ];

    public static string Of(Arm64Word word)
    {
        string register = Arm64Word.X(word.D);
        if (Names.TryGetValue((int)word.Bits(18, 5), out string? name))
        {
            bool takesNone = WithoutRegister.Contains(name);
            if (!takesNone || word.D == Arm64Word.Zero)
            {
                return takesNone ? name : $"{name}, {register}";
            }
        }

        string last = word.D == Arm64Word.Zero ? "" : $", {register}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"sys #{word.Bits(18, 16)}, c{word.Bits(15, 12)}, c{word.Bits(11, 8)}, #{word.Bits(7, 5)}{last}");
    }

    private static FrozenDictionary<int, string> MakeNames()
    {
        Dictionary<int, string> names = new()
        {
            [Key(0, 7, 1, 0)] = "ic ialluis",
            [Key(0, 7, 5, 0)] = "ic iallu",
            [Key(3, 7, 5, 1)] = "ic ivau",
            [Key(0, 7, 6, 1)] = "dc ivac",
            [Key(0, 7, 6, 2)] = "dc isw",
            [Key(0, 7, 10, 2)] = "dc csw",
            [Key(0, 7, 14, 2)] = "dc cisw",
            [Key(3, 7, 4, 1)] = "dc zva",
            [Key(3, 7, 10, 1)] = "dc cvac",
            [Key(3, 7, 11, 1)] = "dc cvau",
            [Key(3, 7, 12, 1)] = "dc cvap",
            [Key(3, 7, 13, 1)] = "dc cvadp",
            [Key(3, 7, 14, 1)] = "dc civac",
            [Key(0, 7, 9, 0)] = "at s1e1rp",
            [Key(0, 7, 9, 1)] = "at s1e1wp",
            [Key(4, 8, 0, 1)] = "tlbi ipas2e1is",
            [Key(4, 8, 0, 5)] = "tlbi ipas2le1is",
            [Key(4, 8, 4, 1)] = "tlbi ipas2e1",
            [Key(4, 8, 4, 5)] = "tlbi ipas2le1",
        };
        string[] stages = ["s1e1r", "s1e1w", "s1e0r", "s1e0w"];
        string[] bothStages = ["s1e2r", "s1e2w", "", "", "s12e1r", "s12e1w", "s12e0r", "s12e0w"];
        Add(names, "at", 0, 7, 8, stages, "");
        Add(names, "at", 4, 7, 8, bothStages, "");
        Add(names, "at", 6, 7, 8, ["s1e3r", "s1e3w"], "");
        foreach ((int crm, string suffix) in ((int, string)[])[(3, "is"), (7, "")])
        {
            Add(names, "tlbi", 0, 8, crm, ["vmalle1", "vae1", "aside1", "vaae1", "", "vale1", "", "vaale1"], suffix);
            Add(names, "tlbi", 4, 8, crm, ["alle2", "vae2", "", "", "alle1", "vale2", "vmalls12e1"], suffix);
            Add(names, "tlbi", 6, 8, crm, ["alle3", "vae3", "", "", "", "vale3"], suffix);
        }

        return names.ToFrozenDictionary();
    }

    private static void Add(
        Dictionary<int, string> names, string mnemonic, int op1, int crn, int crm, string[] byOp2, string suffix)
    {
        for (int op2 = 0; op2 < byOp2.Length; op2++)
        {
            if (byOp2[op2].Length > 0)
            {
                names.Add(Key(op1, crn, crm, op2), $"{mnemonic} {byOp2[op2]}{suffix}");
            }
        }
    }

    private static int Key(int op1, int crn, int crm, int op2) => (op1 << 11) | (crn << 7) | (crm << 3) | op2;
}
