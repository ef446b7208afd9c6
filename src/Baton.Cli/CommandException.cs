namespace Baton.Cli;

/// <summary>A command that cannot go on: one sentence for the user, and the exit status.</summary>
internal sealed class CommandException(int exitCode, string message, Exception? cause = null)
    : Exception(message, cause)
{
    public int ExitCode { get; } = exitCode;
}
