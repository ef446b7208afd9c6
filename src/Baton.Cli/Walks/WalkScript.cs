using Baton.Reports.Walks;

namespace Baton.Cli.Walks;

/// <summary>A walk by commands from a file: text that is the same each time.</summary>
internal static class WalkScript
{
    /// <summary>Runs to the end of the script, past mistakes.</summary>
    /// <param name="interpreter">The walk.</param>
    /// <param name="script">The commands, one a line.</param>
    /// <param name="name">The script's name, for mistakes.</param>
    /// <param name="environment">Answers go to its output, mistakes to its error output.</param>
    /// <returns>The exit status: that of a wrong usage when there was a mistake.</returns>
    public static int Run(WalkInterpreter interpreter, TextReader script, string name, CommandEnvironment environment)
    {
        int status = ExitCode.Ok;
        int number = 0;
        environment.Output.WriteLine(StopText.Where(interpreter.Session));
        WriteNext(interpreter, environment.Output);
        while (script.ReadLine() is { } line)
        {
            number++;
            WalkReply reply = interpreter.Execute(line);
            switch (reply.Kind)
            {
                case WalkReplyKind.Nothing:
                    continue;
                case WalkReplyKind.Quit:
                    return status;
                case WalkReplyKind.Mistake:
                    environment.Error.WriteLine($"baton: {name}, line {number}: {reply.Lines[0]}");
                    status = ExitCode.Usage;
                    continue;
            }

            environment.Output.WriteLine();
            environment.Output.WriteLine($"baton> {line.Trim()}");
            foreach (PaneLine text in reply.Lines)
            {
                environment.Output.WriteLine(text.ToString());
            }

            if (reply.Kind == WalkReplyKind.Moved)
            {
                environment.Output.WriteLine(StopText.Where(interpreter.Session));
                WriteNext(interpreter, environment.Output);
            }
        }

        return status;
    }

    private static void WriteNext(WalkInterpreter interpreter, TextWriter output)
    {
        foreach (PaneLine line in interpreter.Panes.Code(interpreter.Session, 0, 0))
        {
            output.WriteLine(line.ToString());
        }
    }
}
