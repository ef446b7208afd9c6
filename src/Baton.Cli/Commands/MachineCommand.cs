using System.CommandLine;
using Baton.Bytes;
using Baton.Machines;
using Baton.Reports;

namespace Baton.Cli.Commands;

/// <summary><c>baton machine</c>: what is known of this machine or of a recorded one; and the recording.</summary>
internal static class MachineCommand
{
    public static Command Create(CommandEnvironment environment)
    {
        Option<string?> machine = MachineOption.Create();
        Option<bool> json = new("--json") { Description = "Print JSON" };
        Option<string?> save = new("--save")
        {
            Description = "Write a machine record, for --machine, in place of the report",
            HelpName = "FILE.tar",
        };
        Command command = new("machine", "Show the machine's memory, firmware, and what kexec it allows")
        {
            machine, json, save.RefuseEmpty(),
        };
        command.Validators.Add(result =>
        {
            if (result.IsGiven(save) && result.ValueIfRight(json))
            {
                result.AddError("--save writes a record in place of the report; --json is for the report");
            }
        });
        command.SetAction(parsed =>
        {
            string? path = parsed.GetValue(machine);
            return parsed.GetValue(save) is { } output
                ? Save(path, output, environment)
                : Show(path, parsed.GetValue(json), environment);
        });
        return command;
    }

    private static int Show(string? path, bool asJson, CommandEnvironment environment)
    {
        Machine machine = MachineOption.Load(path);
        if (asJson)
        {
            environment.PrintJson(json => MachineJson.Write(json, machine));
        }
        else
        {
            environment.Print(MachineReport.Of(machine));
        }

        return ExitCode.Ok;
    }

    private static int Save(string? path, string output, CommandEnvironment environment)
    {
        OutputFile file = OutputFile.At(output, path is null ? [] : [path]);
        IFileTree tree = MachineOption.Open(path);

        // Reading it once tells what a later plan would complain of while the machine is still at hand.
        Machine machine = MachineReader.Read(tree);
        using MemoryStream archive = new();
        IReadOnlyList<string> denied = MachineRecordWriter.Write(tree, archive);
        file.Write(archive.WriteTo);
        environment.Tell(machine.Findings);
        if (denied.Count > 0)
        {
            environment.Error.WriteLine(
                $"baton: {denied.Count} files could not be read and are missing in {output} (run as root?): "
                    + string.Join(", ", denied));
        }

        return ExitCode.Ok;
    }
}
