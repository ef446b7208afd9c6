namespace Baton.Differential;

/// <summary>Numbers that find mistakes: small ones, ones at the edges of sizes, and any.</summary>
internal static class RegisterValues
{
    private static readonly ulong[] Edges =
    [
        0, 1, 2, 0x7F, 0x80, 0x81, 0xFF, 0x100, 0x7FFF, 0x8000, 0x8001, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0x80000001,
        0xFFFFFFFF, 0x100000000, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0x8000000000000001, 0xFFFFFFFFFFFFFFFF,
        0xFFFFFFFFFFFFFF80, 0xFFFFFFFFFFFF8000, 0xFFFFFFFF80000000, 0xAAAAAAAAAAAAAAAA, 0x9999999999999999,
    ];

    /// <summary>One of them.</summary>
    public static ulong Any(SplitMix64 random) => random.Below(10) switch
    {
        0 or 1 => random.Pick(Edges),
        2 => (ulong)random.Below(256),
        3 => random.Next() & random.Next() & random.Next(),
        4 => random.Next() >> random.Below(64),
        _ => random.Next(),
    };
}
