using System.CommandLine;
using System.CommandLine.Parsing;

namespace Baton.Cli;

/// <summary>Options and arguments that name files: an empty name, as a script's unset variable leaves it, is none.</summary>
internal static class FileNames
{
    /// <summary>Refuses empty names for an option.</summary>
    public static Option<T> RefuseEmpty<T>(this Option<T> option)
    {
        option.Validators.Add(result => Check(result, result.Tokens, option.Name));
        return option;
    }

    /// <summary>Refuses empty names for an argument.</summary>
    public static Argument<T> RefuseEmpty<T>(this Argument<T> argument)
    {
        argument.Validators.Add(result => Check(result, result.Tokens, argument.Name));
        return argument;
    }

    private static void Check(SymbolResult result, IReadOnlyList<Token> tokens, string name)
    {
        if (tokens.Any(token => token.Value.Length == 0))
        {
            result.AddError($"{name} is given an empty name; expected the name of a file");
        }
    }
}
