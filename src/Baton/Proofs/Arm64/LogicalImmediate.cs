using System.Numerics;

namespace Baton.Proofs.Arm64;

/// <summary>The masks that N:immr:imms stand for (DecodeBitMasks of the manual's shared pseudocode).</summary>
internal static class LogicalImmediate
{
    /// <summary>Decodes the masks.</summary>
    /// <param name="n">One bit.</param>
    /// <param name="imms">Six bits: length of the element and of the run of ones.</param>
    /// <param name="immr">Six bits: how far the run is rotated to the right.</param>
    /// <param name="isImmediate">For a logical immediate, a run of ones must not fill its element.</param>
    /// <param name="wmask">The run, rotated and repeated over 64 bits.</param>
    /// <param name="tmask">Ones up to the top of the field, repeated over 64 bits.</param>
    /// <returns>Whether the encoding means anything.</returns>
    public static bool TryDecode(uint n, uint imms, uint immr, bool isImmediate, out ulong wmask, out ulong tmask)
    {
        wmask = tmask = 0;
        uint lengthBits = (n << 6) | (~imms & 0x3f);
        int length = 31 - BitOperations.LeadingZeroCount(lengthBits);
        if (length < 1)
        {
            return false;
        }

        uint levels = (1U << length) - 1;
        if (isImmediate && (imms & levels) == levels)
        {
            return false;
        }

        int s = (int)(imms & levels);
        int r = (int)(immr & levels);
        int difference = (s - r) & (int)levels;
        int size = 1 << length;
        ulong run = Ones(s + 1);
        ulong element = Ones(size);
        ulong rotated = r == 0 ? run : ((run >> r) | (run << (size - r))) & element;
        wmask = Repeat(rotated, size);
        tmask = Repeat(Ones(difference + 1), size);
        return true;
    }

    private static ulong Ones(int count) => count == 64 ? ulong.MaxValue : (1UL << count) - 1;

    private static ulong Repeat(ulong element, int size)
    {
        for (int width = size; width < 64; width *= 2)
        {
            element |= element << width;
        }

        return element;
    }
}
