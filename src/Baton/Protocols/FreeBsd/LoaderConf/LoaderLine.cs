namespace Baton.Protocols.FreeBsd.LoaderConf;

/// <summary>What a line of loader.conf is.</summary>
public enum LoaderLineKind
{
    /// <summary>Nothing, or a comment.</summary>
    Empty,

    /// <summary><c>name_load</c>: whether to load a module.</summary>
    Load,

    /// <summary><c>name_name</c>: the module's file.</summary>
    Name,

    /// <summary><c>name_type</c>: what kind of file it is.</summary>
    Type,

    /// <summary><c>name_flags</c>: the module's arguments.</summary>
    Flags,

    /// <summary><c>name_before</c>: a command of the loader, before the module is loaded.</summary>
    Before,

    /// <summary><c>name_after</c>: a command of the loader, when the module has been loaded.</summary>
    After,

    /// <summary><c>name_error</c>: a command of the loader, when the module could not be loaded.</summary>
    Error,

    /// <summary><c>exec="command"</c>: a command of the loader.</summary>
    Exec,

    /// <summary>A variable.</summary>
    Variable,

    /// <summary>Not of the grammar.</summary>
    Malformed,
}

/// <summary>A line of loader.conf, taken apart.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">The module's or the variable's name; empty for lines without.</param>
/// <param name="Value">The value without its quotes; escapes and variables are still in it.</param>
public sealed record LoaderLine(LoaderLineKind Kind, string Name, string Value)
{
    private static readonly (string Suffix, LoaderLineKind Kind)[] Suffixes =
    [
        ("_load", LoaderLineKind.Load),
        ("_name", LoaderLineKind.Name),
        ("_type", LoaderLineKind.Type),
        ("_flags", LoaderLineKind.Flags),
        ("_before", LoaderLineKind.Before),
        ("_after", LoaderLineKind.After),
        ("_error", LoaderLineKind.Error),
    ];

    /// <summary>Takes a line apart: a setting, a comment, or both. Pure.</summary>
    public static LoaderLine Parse(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        string text = line.Trim(' ', '\t', '\r', '\v', '\f');
        if (text.Length == 0 || text[0] == '#')
        {
            return new LoaderLine(LoaderLineKind.Empty, "", "");
        }

        int equals = text.IndexOf('=', StringComparison.Ordinal);
        string name = equals < 0 ? "" : text[..equals].TrimEnd();
        if (name.Length == 0 || !name.All(IsNameCharacter) || LoaderValue.Read(text[(equals + 1)..].TrimStart()) is not { } value)
        {
            return new LoaderLine(LoaderLineKind.Malformed, "", text);
        }

        return name == "exec" && value.IsQuoted ? new LoaderLine(LoaderLineKind.Exec, "", value.Text) : Of(name, value.Text);
    }

    /// <summary>The setting of a value under a name: a module's, by what the name ends in, or a variable.</summary>
    internal static LoaderLine Of(string name, string value)
    {
        foreach ((string suffix, LoaderLineKind kind) in Suffixes)
        {
            if (name.Length > suffix.Length && name.EndsWith(suffix, StringComparison.Ordinal)
                && name[..^suffix.Length] is var module && module.All(IsModuleCharacter))
            {
                return new LoaderLine(kind, module, value);
            }
        }

        return new LoaderLine(LoaderLineKind.Variable, name, value);
    }

    public override string ToString() =>
        string.Join(' ', ((string[])[Kind.ToString(), Name, Value]).Where(part => part.Length > 0));

    private static bool IsNameCharacter(char c) => c is > ' ' and < '\u007f' and not ('"' or '#' or '=');

    private static bool IsModuleCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or ' ';
}
