namespace Baton.Proofs;

/// <summary>A register by name with its content as text.</summary>
/// <param name="Name">The architecture's name in capitals.</param>
/// <param name="Value">A number in hexadecimal, or the parts of a segment register.</param>
public sealed record RegisterValue(string Name, string Value);
