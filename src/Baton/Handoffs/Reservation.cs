using Baton.Memory;

namespace Baton.Handoffs;

/// <summary>Memory that the next kernel writes in its first steps, so that nothing else may be put there.</summary>
/// <param name="Name">What for, e.g. <c>init_size</c>.</param>
/// <param name="Range">Bytes of physical memory.</param>
public sealed record Reservation(string Name, PhysicalRange Range);
