namespace Baton.Lab;

/// <summary>A virtual machine that could not be started, or ended before it should have: one sentence why.</summary>
public sealed class LabException(string message, Exception? cause = null) : Exception(message, cause);
