namespace Baton.Lab;

/// <summary>A line of the console by which a step of a rehearsal is known.</summary>
/// <param name="Step">The step's name, for the report.</param>
/// <param name="Awaited">What is awaited, for the error.</param>
/// <param name="IsIt">Whether a line is the sign.</param>
public sealed record RehearsalSign(string Step, string Awaited, Func<string, bool> IsIt)
{
    /// <summary>A line that contains a text.</summary>
    public static RehearsalSign Containing(string step, string text) =>
        new(step, $"\"{text}\"", line => line.Contains(text, StringComparison.Ordinal));
}
