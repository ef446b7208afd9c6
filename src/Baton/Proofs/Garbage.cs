namespace Baton.Proofs;

/// <summary>
/// Numbers for whatever a carrier does not promise: the same sequence for the same seed. (SplitMix64, by Steele, Lea
/// and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.)
/// </summary>
public sealed class Garbage(ulong seed)
{
    private ulong _state = seed;

    /// <summary>The seeds that every proof runs with, one a run; a walk takes the first.</summary>
    public static IReadOnlyList<ulong> Seeds { get; } = [0x0B5E_55ED_0DD5_0001, 0xFACE_FEED_5EED_0002];

    /// <summary>The next 64 bits.</summary>
    public ulong Next()
    {
        unchecked
        {
            _state += 0x9E37_79B9_7F4A_7C15;
            ulong mixed = (_state ^ (_state >> 30)) * 0xBF58_476D_1CE4_E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB;
            return mixed ^ (mixed >> 31);
        }
    }

    /// <summary>That many bytes.</summary>
    public byte[] Bytes(ulong length)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = unchecked((byte)Next());
        }

        return bytes;
    }
}
