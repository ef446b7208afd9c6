namespace Baton.Linux;

/// <summary>
/// Random bytes for the next kernel. Straight from the system call: /dev/urandom need not exist where this runs.
/// </summary>
public static class RngSeed
{
    /// <summary>
    /// Bytes of a seed: what fills the kernel's generator (256 bits), and 64 bits for the choice of its virtual address.
    /// </summary>
    public const int Length = 40;

    /// <summary>Draws a seed; empty when the kernel's generator is not ready yet.</summary>
    public static unsafe byte[] Draw()
    {
        byte[] seed = new byte[Length];
        fixed (byte* first = seed)
        {
            return LibC.GetRandom(first, (nuint)seed.Length, LibC.GrndNonBlock) == seed.Length ? seed : [];
        }
    }
}
