namespace Baton.Lab;

/// <summary>How a rehearsal went.</summary>
/// <param name="Steps">The steps that were reached, in order.</param>
/// <param name="Failure">Why the next one was not; null when all were.</param>
public sealed record RehearsalReport(IReadOnlyList<RehearsalStep> Steps, string? Failure)
{
    /// <summary>Whether the next kernel got where it should.</summary>
    public bool Passed => Failure is null;

    /// <summary>How long each step took after the one before it.</summary>
    public IEnumerable<(RehearsalStep Step, TimeSpan Took)> Times =>
        Steps.Select((step, i) => (step, i == 0 ? step.At : step.At - Steps[i - 1].At));
}
