namespace Baton.Proofs.Walks;

/// <summary>An instruction that was carried out.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Mode">The mode in which it was, as <see cref="IWalkMachine.Mode"/> numbers it.</param>
public sealed record WalkFootprint(ulong Address, int Mode);

/// <summary>
/// The last instructions that were carried out. Code cannot be disassembled backwards; this is the way it came.
/// </summary>
public sealed class WalkTrail
{
    /// <summary>How many are kept.</summary>
    public const int Length = 64;

    private readonly WalkFootprint[] _ring = new WalkFootprint[Length];
    private ulong _count;

    /// <summary>The last ones, the latest last.</summary>
    /// <param name="most">How many at most.</param>
    public IReadOnlyList<WalkFootprint> Last(int most)
    {
        int count = (int)Math.Min((ulong)Math.Clamp(most, 0, Length), _count);
        return [.. Enumerable.Range(0, count).Select(i => _ring[(int)((_count - (ulong)(count - i)) % Length)])];
    }

    internal void Add(ulong address, int mode) => _ring[(int)(_count++ % Length)] = new WalkFootprint(address, mode);

    internal void Clear() => _count = 0;
}
