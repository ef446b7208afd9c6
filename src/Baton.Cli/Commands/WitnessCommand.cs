using System.CommandLine;
using Baton.Linux;
using Baton.Linux.Power;
using Baton.Machines;
using Baton.Reports;

namespace Baton.Cli.Commands;

/// <summary><c>baton witness</c>: says that a kernel reached userspace, and what it saw; for the end of a rehearsal.</summary>
internal static class WitnessCommand
{
    public const string Name = "witness";

    /// <summary>The line that says so.</summary>
    public const string Reached = "userspace reached";

    public static Command Create(CommandEnvironment environment)
    {
        Command command = new(Name, "Say what this kernel sees; as PID 1, restart the machine then") { Hidden = true };
        command.SetAction(_ => Run(environment));
        return command;
    }

    private static int Run(CommandEnvironment environment)
    {
        Machine machine = LiveMachine.Read();
        environment.Output.WriteLine($"kernel        {machine.Kernel.Version}");
        environment.Output.WriteLine($"command line  {machine.Kernel.CommandLine}");
        environment.Output.WriteLine($"memory        {Sizes.Of(machine.Totals.Total)}");
        environment.Output.WriteLine($"firmware      {machine.Firmware}");
        environment.Output.WriteLine(Reached);
        environment.Output.Flush();
        if (Environment.ProcessId == 1)
        {
            Restart.Now();
        }

        return ExitCode.Ok;
    }
}
