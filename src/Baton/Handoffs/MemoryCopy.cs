using Baton.Memory;

namespace Baton.Handoffs;

/// <summary>
/// Bytes that only the crossing can fetch: the running kernel shows them to nobody, and its end leaves them as they are.
/// </summary>
/// <param name="Name">What they are.</param>
/// <param name="From">Where they lie; in no segment, and known to stay as it is.</param>
/// <param name="To">Where the crossing puts them, in a segment.</param>
public sealed record MemoryCopy(string Name, PhysicalRange From, PhysicalAddress To)
{
    /// <summary>The bytes that are written.</summary>
    public PhysicalRange Destination => new(To, From.Length);
}
