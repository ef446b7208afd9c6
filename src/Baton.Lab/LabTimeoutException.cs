using System.Globalization;

namespace Baton.Lab;

/// <summary>Something did not happen in time: what was awaited, for how long, and what was seen last.</summary>
public sealed class LabTimeoutException(string awaited, TimeSpan waited, IReadOnlyList<string> lastLines)
    : Exception(Describe(awaited, waited, lastLines))
{
    /// <summary>What was awaited.</summary>
    public string Awaited { get; } = awaited;

    /// <summary>How long.</summary>
    public TimeSpan Waited { get; } = waited;

    /// <summary>The console's last lines, oldest first.</summary>
    public IReadOnlyList<string> LastLines { get; } = lastLines;

    private static string Describe(string awaited, TimeSpan waited, IReadOnlyList<string> lastLines)
    {
        string seconds = waited.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture);
        string head = $"waited {seconds} s for {awaited}";
        return lastLines.Count == 0
            ? head + ", and the console showed nothing"
            : $"{head}; the console's last lines:\n  | {string.Join("\n  | ", lastLines)}";
    }
}
