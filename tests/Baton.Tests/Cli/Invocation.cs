using Baton.Cli;

namespace Baton.Tests.Cli;

/// <summary>The commands as a script runs them: no terminal, everything that is printed caught.</summary>
internal static class Invocation
{
    /// <summary>Runs a command line.</summary>
    /// <param name="arguments">Its words.</param>
    /// <param name="input">What standard input has.</param>
    /// <param name="name">The name that the program is started under.</param>
    public static (int Code, string Output, string Error) Run(
        string[] arguments, string input = "", string name = Application.Name)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int code = Application.Run(
            arguments, Environment(output, error) with { Input = new StringReader(input), Name = name });
        return (code, output.ToString(), error.ToString());
    }

    /// <summary>An environment without a terminal.</summary>
    public static CommandEnvironment Environment(TextWriter output, TextWriter error) =>
        new() { Output = output, Error = error, OutputIsTerminal = false, ErrorIsTerminal = false };
}
