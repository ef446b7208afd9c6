using System.CommandLine;
using Baton.Linux.Kexec;

namespace Baton.Cli.Commands;

/// <summary><c>baton run</c>: load and exec in one.</summary>
internal static class RunCommand
{
    public static Command Create(CommandEnvironment environment)
    {
        HandoffOptions options = new();
        DepartureOptions departure = new();
        ProofOption proof = new();
        Command command = new("run", "Prove and load the next kernel, and jump to it");
        options.AddTo(command);
        proof.AddTo(command);
        departure.AddTo(command);
        command.SetAction(parsed =>
        {
            int loaded = LoadCommand.Run(options.Read(parsed), proof.IsWanted(parsed), new KexecCalls(), environment);
            return loaded == ExitCode.Ok ? ExecCommand.Run(departure.Read(parsed), environment) : loaded;
        });
        return command;
    }
}
