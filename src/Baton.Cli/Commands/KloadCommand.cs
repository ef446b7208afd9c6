using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Baton.Linux.Kexec;

namespace Baton.Cli.Commands;

/// <summary>
/// <c>kload</c>: this program under the name and with the options of the tool that took FreeBSD to FreeBSD. What it loads is
/// what a FreeBSD root's loader.conf says.
/// </summary>
internal static class KloadCommand
{
    /// <summary>The name that makes this program kload.</summary>
    public const string Name = "kload";

    public static RootCommand Create(CommandEnvironment environment)
    {
        KloadOptions options = new();
        RootCommand root = new("Loads the FreeBSD kernel of a root file system, with its modules and settings.");

        // -h is the root here, as it was for kload.
        foreach (HelpOption help in root.Options.OfType<HelpOption>())
        {
            help.Aliases.Remove("-h");
        }

        options.AddTo(root);
        root.SetAction(parsed => Run(options.Read(parsed), environment));
        return root;
    }

    private static int Run(KloadRequest request, CommandEnvironment environment)
    {
        if (request.Task == KloadTask.Unload)
        {
            return UnloadCommand.Run(new RecordedCalls(new KexecCalls()), environment);
        }

        HandoffRequest handoff = new()
        {
            Kernel = Planned.FreeBsdFiles.KernelOf(request.FreeBsd),
            Initrds = [],
            CommandLine = new() { Append = [] },
            Carrier = null,
            Places = new Dictionary<string, Memory.PhysicalAddress>(),
            FreeBsd = request.FreeBsd,
        };
        if (request.Task == KloadTask.Show)
        {
            return PlanCommand.Run(handoff, MachineOption.Load(request.Machine), asJson: false, environment);
        }

        int loaded = LoadCommand.Run(handoff, request.IsProved, new RecordedCalls(new KexecCalls()), environment);
        return loaded != ExitCode.Ok || request.Task == KloadTask.Load
            ? loaded
            : ExecCommand.Run(new Departure(request.Task == KloadTask.ExecuteNow, Sync: true), environment);
    }
}
