using System.CommandLine;
using Baton.Cli.Planned;
using Baton.Cli.Walks;
using Baton.Handoffs;
using Baton.Linux;
using Baton.Machines;
using Baton.Proofs;
using Baton.Proofs.Walks;
using Baton.Proofs.X64;
using Baton.Reports;
using Baton.Reports.Walks;

namespace Baton.Cli.Commands;

/// <summary>
/// <c>baton step</c>: a walk through the crossing of a handoff on a simulated processor, instruction by instruction,
/// forwards and backwards. Needs no root and no kexec when a machine is given.
/// </summary>
internal static class StepCommand
{
    public static Command Create(CommandEnvironment environment)
    {
        HandoffOptions options = new();
        Option<string?> machine = MachineOption.Create();
        Option<string?> script = new("--script")
        {
            Description = "take the commands from a file (-: from standard input) and print text",
            HelpName = "FILE",
        };
        Option<bool> plain = new("--plain") { Description = "print the panes one after the other, without a screen" };
        Command command = new("step", "Walk through a handoff on a simulated processor; changes nothing");
        options.AddTo(command);
        command.Add(machine);
        command.Add(script);
        command.Add(plain);
        command.SetAction(parsed =>
        {
            Machine where = MachineOption.Load(parsed.GetValue(machine));
            return Run(options.Read(parsed), where, parsed.GetValue(script), parsed.GetValue(plain), environment);
        });
        return command;
    }

    private static int Run(
        HandoffRequest request, Machine machine, string? script, bool isPlain, CommandEnvironment environment)
    {
        if (machine.Architecture != Architecture.X64)
        {
            throw new CommandException(
                ExitCode.Unavailable, $"step walks through amd64 only, and the machine is {Words.Of(machine.Architecture)}");
        }

        using PreparedHandoff prepared = PreparedHandoff.Prepare(request, machine, new byte[RngSeed.Length]);
        if (prepared.Carrier.Carrier == Carrier.KexecFileLoad)
        {
            environment.Error.WriteLine("baton: by kexec_file_load the running kernel plans itself; this walk is Baton's plan");
        }

        WalkInterpreter interpreter = new(Begin(prepared), new X64Panes());
        if (script is not null)
        {
            return RunScript(interpreter, script, environment);
        }

        if (isPlain || !environment.OutputIsTerminal || Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb")
        {
            PlainWalk.Run(interpreter, environment);
        }
        else
        {
            (int columns, int rows) = ScreenSize();
            ScreenWalk.Run(interpreter, environment, columns, rows);
        }

        return ExitCode.Ok;
    }

    private static WalkSession Begin(PreparedHandoff prepared)
    {
        X64ProofMachine machine = prepared.Planned is IPlannedX64Protocol plan
            ? plan.ProofMachine
            : throw new CommandException(
                ExitCode.Unavailable, $"only handoffs on x86 can be walked through, and this one is {prepared.Handoff.Protocol}");
        try
        {
            return new WalkSession(
                () => new X64WalkMachine(KexecMachine.Create(prepared.Handoff, machine, new Garbage(Garbage.Seeds[0])).Processor),
                prepared.Handoff.KernelEntry.Value);
        }
        catch (MemoryFaultException fault)
        {
            throw new CommandException(ExitCode.Unavailable, fault.Message, fault);
        }
    }

    private static int RunScript(WalkInterpreter interpreter, string path, CommandEnvironment environment)
    {
        if (path == "-")
        {
            return WalkScript.Run(interpreter, environment.Input, "the script", environment);
        }

        using StreamReader reader = new(path);
        return WalkScript.Run(interpreter, reader, path, environment);
    }

    /// <summary>A serial line does not know the size of the terminal at its end: then it is the least.</summary>
    private static (int Columns, int Rows) ScreenSize()
    {
        try
        {
            return (Console.WindowWidth, Console.WindowHeight);
        }
        catch (IOException)
        {
            return (WalkScreen.LeastColumns, WalkScreen.LeastRows);
        }
    }
}
