using System.CommandLine;
using Baton.Linux;
using Baton.Linux.Kexec;

namespace Baton.Cli.Commands;

/// <summary><c>baton unload</c>: forgets the loaded kernel.</summary>
internal static class UnloadCommand
{
    public static Command Create(CommandEnvironment environment)
    {
        Command command = new("unload", "Unload the next kernel and give its memory back");
        command.SetAction(_ => Run(new RecordedCalls(new KexecCalls()), environment));
        return command;
    }

    internal static int Run(IKexecCalls calls, CommandEnvironment environment)
    {
        GatherGuard.PutBackAfterKill(environment);
        bool? before = LoadedNow.Read();
        calls.Unload();
        environment.Output.WriteLine(before == false ? "nothing was loaded" : "unloaded");
        return ExitCode.Ok;
    }
}
