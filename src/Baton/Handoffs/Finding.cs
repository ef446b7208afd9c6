namespace Baton.Handoffs;

/// <summary>How much a finding matters.</summary>
public enum Severity
{
    /// <summary>Worth knowing.</summary>
    Note,

    /// <summary>The handoff is possible, but something will not be as one may expect.</summary>
    Warning,

    /// <summary>The handoff would fail; it is not attempted.</summary>
    Error,
}

/// <summary>Something that was noticed, with a stable id: data for a report, never a log line from inside a parser.</summary>
/// <param name="Severity">How much it matters.</param>
/// <param name="Id">Stable and lower-case, e.g. <c>half-of-ram</c>; scripts may look for it.</param>
/// <param name="Text">One sentence: what was found, what was expected, what to do.</param>
public sealed record Finding(Severity Severity, string Id, string Text)
{
    public override string ToString() => $"{Severity.ToString().ToLowerInvariant()}: {Text} [{Id}]";
}
