using System.CommandLine;
using Baton.Cli.Planned;
using Baton.Cli.Walks;
using Baton.Handoffs;
using Baton.Linux;
using Baton.Machines;
using Baton.Proofs;
using Baton.Proofs.Arm64;
using Baton.Proofs.Walks;
using Baton.Proofs.X64;
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
        Option<string?> script = new("--script")
        {
            Description = "take the commands from a file (-: from standard input) and print text",
            HelpName = "FILE",
        };
        Option<bool> plain = new("--plain") { Description = "print the panes one after the other, without a screen" };
        Option<int?> level = new("--exception-level")
        {
            Description = "the level at which kexec jumps: 1 or 2, as the firmware started the machine (arm64; default 2)",
            HelpName = "LEVEL",
        };
        return HandoffCommand.Create(
            "step",
            "Walk through a handoff on a simulated processor; changes nothing",
            [script.RefuseEmpty(), plain, level],
            (request, machine, parsed) =>
            {
                using PreparedHandoff prepared = PreparedHandoff.Prepare(request, machine, new byte[RngSeed.Length]);
                return Run(
                    prepared, parsed.GetValue(level), parsed.GetValue(script), parsed.GetValue(plain), environment);
            });
    }

    private static int Run(
        PreparedHandoff prepared, int? level, string? script, bool isPlain, CommandEnvironment environment)
    {
        if (prepared.Carrier.Carrier == Carrier.KexecFileLoad)
        {
            environment.Error.WriteLine("baton: by kexec_file_load the running kernel plans itself; this walk is Baton's plan");
        }

        if (prepared.Carrier.Carrier == Carrier.Gather)
        {
            environment.Error.WriteLine("baton: gather moves pages to their places first; this walk begins behind that");
        }

        WalkInterpreter interpreter = Begin(prepared, level);
        if (script is not null)
        {
            return RunScript(interpreter, script, environment);
        }

        if (isPlain || !environment.OutputIsTerminal || environment.TerminalIsDumb)
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

    private static WalkInterpreter Begin(PreparedHandoff prepared, int? level)
    {
        Handoff handoff = prepared.Handoff;
        try
        {
            return prepared.Planned switch
            {
                IPlannedX64Protocol when level is not null => throw new CommandException(
                    ExitCode.Usage, $"--exception-level is for arm64, and this handoff is {handoff.Protocol}"),
                IPlannedX64Protocol plan => new WalkInterpreter(
                    Walk(handoff, garbage => new X64WalkMachine(
                        KexecMachine.Create(handoff, plan.ProofMachine, garbage).Processor)),
                    new X64Panes()),
                IPlannedArm64Protocol plan => new WalkInterpreter(
                    Walk(handoff, garbage => new Arm64WalkMachine(
                        Arm64KexecMachine.Create(handoff, plan.ProofMachine, LevelOf(plan, level), garbage).Processor)),
                    new Arm64Panes()),
                _ => throw new CommandException(
                    ExitCode.Unavailable, $"there is no walk through a handoff by {handoff.Protocol}"),
            };
        }
        catch (MemoryFaultException fault)
        {
            throw new CommandException(ExitCode.Unavailable, fault.Message, fault);
        }
    }

    /// <summary>Each machine of a walk begins with the same garbage.</summary>
    private static WalkSession Walk(Handoff handoff, Func<Garbage, IWalkMachine> create) =>
        new(() => create(new Garbage(Garbage.Seeds[0])), handoff.KernelEntry.Value);

    private static int LevelOf(IPlannedArm64Protocol plan, int? level)
    {
        int wanted = level ?? plan.ProofMachine.ExceptionLevels.Max();
        return plan.ProofMachine.ExceptionLevels.Contains(wanted)
            ? wanted
            : throw new CommandException(
                ExitCode.Usage,
                $"--exception-level {wanted}: expected one of {string.Join(", ", plan.ProofMachine.ExceptionLevels)}");
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
