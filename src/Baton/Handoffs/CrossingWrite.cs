using Baton.Memory;

namespace Baton.Handoffs;

/// <summary>Bytes of a segment that the crossing writes, beside what it copies.</summary>
/// <param name="Name">What they are.</param>
/// <param name="Range">Where they are.</param>
public sealed record CrossingWrite(string Name, PhysicalRange Range);
