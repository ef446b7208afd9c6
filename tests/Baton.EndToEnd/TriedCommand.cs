namespace Baton.EndToEnd;

/// <summary>A command that ran in a guest.</summary>
/// <param name="Status">Its exit status.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
public sealed record TriedCommand(int Status, string Output, string Error);
