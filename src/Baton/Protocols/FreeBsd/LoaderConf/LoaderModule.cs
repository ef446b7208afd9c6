namespace Baton.Protocols.FreeBsd.LoaderConf;

/// <summary>Where a setting was made.</summary>
/// <param name="File">The file's path in the root.</param>
/// <param name="Line">Counted from 1; 0 for what is in no file.</param>
public readonly record struct LoaderPlace(string File, int Line)
{
    /// <summary>The user's own words, which no file has.</summary>
    public static LoaderPlace User { get; } = new("the command line", 0);

    /// <summary>Whether no file has it: the user said so.</summary>
    public bool IsUser => Line == 0;

    public override string ToString() => IsUser ? File : $"{File}:{Line}";
}

/// <summary>A variable that a configuration file has set.</summary>
/// <param name="Value">Its value.</param>
/// <param name="Place">Where the last one to set it did so.</param>
public sealed record LoaderVariable(string Value, LoaderPlace Place);

/// <summary>A command of FreeBSD's loader, which is not carried out here.</summary>
/// <param name="Setting">The setting that has it.</param>
/// <param name="Text">The command.</param>
/// <param name="Place">Where it stands.</param>
public sealed record LoaderCommand(string Setting, string Text, LoaderPlace Place)
{
    internal static LoaderCommand? Of(string setting, LoaderVariable? command) =>
        string.IsNullOrWhiteSpace(command?.Value) ? null : new LoaderCommand(setting, command.Value, command.Place);
}

/// <summary>What the configuration files say of one module.</summary>
public sealed record LoaderModule
{
    /// <summary>The name in front of <c>_load</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it is to be loaded.</summary>
    public bool Load { get; init; }

    /// <summary>Its file, or what to look for; null for <see cref="Name"/>.</summary>
    public string? File { get; init; }

    /// <summary>The kind of file; null for a module.</summary>
    public string? Type { get; init; }

    /// <summary>Its arguments; null for none.</summary>
    public string? Flags { get; init; }

    /// <summary>Commands of the loader, which are not carried out here; null for none.</summary>
    public LoaderVariable? Before { get; init; }
    public LoaderVariable? After { get; init; }
    public LoaderVariable? Error { get; init; }

    /// <summary>Where <see cref="Load"/> was set last; else where the module was first named.</summary>
    public LoaderPlace Place { get; init; }

    /// <summary>The commands that there are, each with the setting that has it, in the order in which they would run.</summary>
    public IEnumerable<LoaderCommand> Commands =>
        ((LoaderCommand?[])
        [
            LoaderCommand.Of($"{Name}_before", Before), LoaderCommand.Of($"{Name}_after", After),
            LoaderCommand.Of($"{Name}_error", Error),
        ]).OfType<LoaderCommand>();

    /// <summary>What to look for.</summary>
    public string Wanted => string.IsNullOrEmpty(File) ? Name : File;
}
