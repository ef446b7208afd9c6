using System.CommandLine;

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

    public bool IsWanted(ParseResult parsed) => !parsed.GetValue(_none);
}
