using System.CommandLine;
using Baton.Linux;
using Baton.Machines;

namespace Baton.Cli.Commands;

/// <summary><c>baton status</c>: whether a kernel is loaded, and which was the last that Baton loaded.</summary>
internal static class StatusCommand
{
    public static Command Create(CommandEnvironment environment)
    {
        Option<bool> json = new("--json") { Description = "print the answer as JSON" };
        Command command = new("status", "Tell whether a kernel is loaded; exit status 0 when one is, 1 when not") { json };
        command.SetAction(parsed => Run(parsed.GetValue(json), environment));
        return command;
    }

    internal static int Run(bool asJson, CommandEnvironment environment)
    {
        KexecAbility ability = LiveMachine.Read().Kexec;
        LoadedRecord? record = ability.Loaded == true ? LoadedRecord.Read() : null;
        if (asJson)
        {
            environment.PrintJson(json =>
            {
                WriteFlag(json, "loaded", ability.Loaded);
                WriteFlag(json, "crash_loaded", ability.CrashLoaded);
                if (record is not null)
                {
                    json.WriteStartObject("last_loaded_by_baton");
                    record.WriteTo(json);
                    json.WriteEndObject();
                }
            });
        }
        else
        {
            environment.Output.WriteLine("next kernel: " + Word(ability.Loaded));
            environment.Output.WriteLine("crash kernel: " + Word(ability.CrashLoaded));
            if (record is not null)
            {
                foreach (string line in record.Describe())
                {
                    environment.Output.WriteLine(line);
                }
            }
        }

        return ability.Loaded == true ? ExitCode.Ok : ExitCode.No;
    }

    private static string Word(bool? loaded) => loaded switch
    {
        true => "loaded",
        false => "not loaded",
        null => "the running kernel does not tell (no kexec in it)",
    };

    private static void WriteFlag(System.Text.Json.Utf8JsonWriter json, string name, bool? value)
    {
        if (value is { } known)
        {
            json.WriteBoolean(name, known);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
