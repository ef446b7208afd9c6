using System.CommandLine;
using System.CommandLine.Parsing;

namespace Baton.Cli;

/// <summary>
/// What a command's validators may ask of the command line: they come before the parser has judged the options one by one, and
/// it throws when it is asked for a value that is none, such as that of an option that is given twice.
/// </summary>
internal static class GivenOptions
{
    /// <summary>Whether an option stands on the command line, whatever its value.</summary>
    public static bool IsGiven(this CommandResult result, Option option) => result.GetResult(option) is { Implicit: false };

    /// <summary>An option's value; the default of the type where the parser will complain of the option by itself.</summary>
    public static T? ValueIfRight<T>(this CommandResult result, Option<T> option)
    {
        try
        {
            return result.GetValue(option);
        }
        catch (InvalidOperationException)
        {
            return default;
        }
    }
}
