using System.Numerics;

namespace Baton.Differential.Arm64;

/// <summary>Values for registers: as often at an edge as in the middle of nowhere.</summary>
internal static class RegisterValues
{
    private static readonly ulong[] Edges =
    [
        0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x1_0000_0000,
        0x7fff_ffff_ffff_ffff, 0x8000_0000_0000_0000, 0x8000_0000_0000_0001, 0xffff_ffff_ffff_fffe, ulong.MaxValue,
        0xffff_ffff_0000_0000, 0xffff_ffff_8000_0000, 0xffff_ffff_7fff_ffff,
    ];

    public static ulong Next(Random random)
    {
        ulong value = unchecked((ulong)random.NextInt64(long.MinValue, long.MaxValue));
        return random.Next(8) switch
        {
            0 or 1 => Edges[random.Next(Edges.Length)],
            2 => value & 0xff,
            3 => ~(value & 0xff),
            4 => value & uint.MaxValue,
            5 => BitOperations.RotateLeft(ulong.MaxValue >> random.Next(64), random.Next(64)),
            _ => value,
        };
    }
}
