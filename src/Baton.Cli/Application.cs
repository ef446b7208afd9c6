using System.CommandLine;
using System.CommandLine.Parsing;
using Baton.Bytes;
using Baton.Memory;

namespace Baton.Cli;

/// <summary>The <c>baton</c> command: its subcommands, and what a failure looks like.</summary>
internal static class Application
{
    /// <summary>Runs one command line and returns the exit status.</summary>
    public static int Run(IReadOnlyList<string> arguments, CommandEnvironment environment)
    {
        RootCommand root = new("Hands a running machine from one kernel to the next, without a reset.")
        {
            Commands.MachineCommand.Create(environment),
        };

        ParseResult parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            foreach (ParseError error in parsed.Errors)
            {
                environment.Error.WriteLine($"baton: {error.Message}");
            }

            environment.Error.WriteLine("baton: try --help");
            return ExitCode.Usage;
        }

        InvocationConfiguration configuration = new()
        {
            EnableDefaultExceptionHandler = false,
            Output = environment.Output,
            Error = environment.Error,
        };
        try
        {
            return parsed.Invoke(configuration);
        }
        catch (Exception e) when (ExitCodeOf(e) is not null)
        {
            environment.Error.WriteLine($"baton: {e.Message}");
            return ExitCodeOf(e) ?? ExitCode.Software;
        }
    }

    /// <summary>The exit status of a failure that is the user's to mend; null for a defect of this program.</summary>
    private static int? ExitCodeOf(Exception e) => e switch
    {
        CommandException command => command.ExitCode,
        ImageFormatException => ExitCode.DataError,
        PlacementException => ExitCode.Unavailable,
        FileNotFoundException or DirectoryNotFoundException => ExitCode.NoInput,
        UnauthorizedAccessException => ExitCode.NoPermission,
        IOException => ExitCode.IoError,
        _ => null,
    };
}
