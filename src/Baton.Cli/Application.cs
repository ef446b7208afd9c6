using System.CommandLine;
using System.CommandLine.Parsing;
using Baton.Bytes;
using Baton.Cli.Commands;
using Baton.Linux;
using Baton.Memory;

namespace Baton.Cli;

/// <summary>The commands <c>baton</c>, with its subcommands, and <c>kload</c>, and what a failure looks like.</summary>
internal static class Application
{
    /// <summary>The name of the command with all subcommands.</summary>
    public const string Name = "baton";

    /// <summary>Runs one command line and returns the exit status.</summary>
    public static int Run(IReadOnlyList<string> arguments, CommandEnvironment environment)
    {
        CommandEnvironment here = environment with { Error = new UnfailingWriter(environment.Error) };
        return Run(here.Name == KloadCommand.Name ? KloadCommand.Create(here) : AllCommands(here), arguments, here);
    }

    private static RootCommand AllCommands(CommandEnvironment environment) =>
        new("Hands a running machine from one kernel to the next, without a reset.")
        {
            InspectCommand.Create(environment),
            MachineCommand.Create(environment),
            PlanCommand.Create(environment),
            ProveCommand.Create(environment),
            StepCommand.Create(environment),
            PackCommand.Create(environment),
            LoadCommand.Create(environment),
            ExecCommand.Create(environment),
            RunCommand.Create(environment),
            UnloadCommand.Create(environment),
            StatusCommand.Create(environment),
            RehearseCommand.Create(environment),
            WitnessCommand.Create(environment),
        };

    private static int Run(RootCommand root, IReadOnlyList<string> arguments, CommandEnvironment environment)
    {
        try
        {
            // A command line for a kernel may begin with anything: '@' names no response file, and brackets are no directive.
            root.Directives.Clear();
            ParseResult parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
            return parsed.Errors.Count > 0 ? Complain(parsed.Errors, environment) : parsed.Invoke(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                Output = environment.Output,
                Error = environment.Error,
            });
        }
        catch (Exception e) when (ExitCodeOf(e) is { } exitCode)
        {
            environment.Error.WriteLine($"{environment.Name}: {e.Message}");
            return exitCode;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            environment.Error.WriteLine($"{environment.Name}: a defect of this program, please report it: {e}");
            return ExitCode.Software;
        }
    }

    private static int Complain(IEnumerable<ParseError> errors, CommandEnvironment environment)
    {
        foreach (ParseError error in errors)
        {
            // Some messages list what is allowed, a word a line; an error of ours is one line.
            string[] words = error.Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            environment.Error.WriteLine($"{environment.Name}: {string.Join(' ', words)}");
        }

        environment.Error.WriteLine($"{environment.Name}: try --help");
        return ExitCode.Usage;
    }

    /// <summary>The exit status of a failure that is the user's to mend; null for a defect of this program.</summary>
    internal static int? ExitCodeOf(Exception e) => e switch
    {
        CommandException command => command.ExitCode,
        ImageFormatException => ExitCode.DataError,
        PlacementException or InsufficientMemoryException => ExitCode.Unavailable,
        FileNotFoundException or DirectoryNotFoundException => ExitCode.NoInput,
        SystemCallException { Errno: Errno.EPERM or Errno.EACCES } => ExitCode.NoPermission,
        SystemCallException => ExitCode.OsError,
        UnauthorizedAccessException => ExitCode.NoPermission,
        IOException => ExitCode.IoError,
        _ => null,
    };
}
