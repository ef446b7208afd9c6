namespace Baton.Lab;

/// <summary>A step of a rehearsal that was reached.</summary>
/// <param name="Name">What it is.</param>
/// <param name="At">When its sign was on the console, counted from the start of the machine.</param>
/// <param name="Line">The sign.</param>
public sealed record RehearsalStep(string Name, TimeSpan At, string Line);
