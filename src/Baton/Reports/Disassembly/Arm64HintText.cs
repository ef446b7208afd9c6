using System.Globalization;

namespace Baton.Reports.Disassembly;

/// <summary>What a program may leave out: hints, prefetches and the speculation barrier.</summary>
internal static class Arm64HintText
{
    private const uint SpeculationBarrier = 0xd503_30ff;

    public static string Of(Arm64Word word) => word.Bits(31, 24) switch
    {
        0xd5 when word.Word == SpeculationBarrier => "sb",
        0xd5 => Hint(word.Bits(11, 5)),
        0xd8 => $"prfm {Prefetch((uint)word.D)}, {word.Target(word.Signed(23, 5) << 2)}",
        _ => Arm64LoadStoreText.Prefetch(Prefetch((uint)word.D), word),
    };

    private static string Hint(uint number) => number switch
    {
        0 => "nop",
        1 => "yield",
        2 => "wfe",
        3 => "wfi",
        4 => "sev",
        5 => "sevl",
        6 => "dgh",
        7 => "xpaclri",
        8 => "pacia1716",
        10 => "pacib1716",
        12 => "autia1716",
        14 => "autib1716",
        16 => "esb",
        17 => "psb csync",
        18 => "tsb csync",
        20 => "csdb",
        24 => "paciaz",
        25 => "paciasp",
        26 => "pacibz",
        27 => "pacibsp",
        28 => "autiaz",
        29 => "autiasp",
        30 => "autibz",
        31 => "autibsp",
        32 => "bti",
        34 => "bti c",
        36 => "bti j",
        38 => "bti jc",
        _ => string.Create(CultureInfo.InvariantCulture, $"hint #{number}"),
    };

    /// <summary>What is fetched (PLD, PLI, PST), into which cache, and for how long.</summary>
    private static string Prefetch(uint operation)
    {
        string? kind = (operation >> 3) switch { 0 => "pld", 1 => "pli", 2 => "pst", _ => null };
        uint level = operation >> 1 & 3;
        return kind is null || level == 3
            ? Arm64Word.Number(operation)
            : string.Create(
                CultureInfo.InvariantCulture, $"{kind}l{level + 1}{((operation & 1) == 0 ? "keep" : "strm")}");
    }
}
