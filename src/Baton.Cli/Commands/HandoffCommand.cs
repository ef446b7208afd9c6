using System.CommandLine;
using Baton.Machines;

namespace Baton.Cli.Commands;

/// <summary>
/// What the commands have in common that plan a handoff for the running machine or a recorded one, and carry nothing out:
/// plan, prove, step and pack.
/// </summary>
internal static class HandoffCommand
{
    /// <summary>Makes a command with the options of a handoff and <c>--machine</c>.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">One line of help.</param>
    /// <param name="options">Options of its own.</param>
    /// <param name="run">Carries it out, with the machine that is planned for; gives the exit status.</param>
    /// <param name="isForLaterBoots">Whether the handoff may be carried out in any later boot.</param>
    public static Command Create(
        string name,
        string description,
        IEnumerable<Option> options,
        Func<HandoffRequest, Machine, ParseResult, int> run,
        bool isForLaterBoots = false)
    {
        HandoffOptions handoff = new(isForLaterBoots);
        Option<string?> machine = MachineOption.Create();
        Command command = new(name, description);
        handoff.AddTo(command);
        command.Add(machine);
        foreach (Option option in options)
        {
            command.Add(option);
        }

        command.SetAction(parsed => run(handoff.Read(parsed), MachineOption.Load(parsed.GetValue(machine)), parsed));
        return command;
    }
}
