using System.CommandLine;
using System.CommandLine.Parsing;

namespace Baton.Cli;

/// <summary>The option of every command that carries a handoff out: whether it is proved first.</summary>
internal sealed class ProofOption
{
    /// <summary>The option's name.</summary>
    public const string None = "--no-proof";

    private readonly Option<bool> _none = new(None)
    {
        Description = "do not try the crossing on a simulated processor first",
    };

    public void AddTo(Command command) => command.Add(_none);

    /// <summary>Whether the option stands on the command line; for validators.</summary>
    public bool IsGiven(CommandResult result) => result.IsGiven(_none);

    public bool IsWanted(ParseResult parsed) => !parsed.GetValue(_none);
}
