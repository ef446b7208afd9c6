using Baton.Reports.Walks;

namespace Baton.Cli.Walks;

/// <summary>A walk on a terminal that can only print: the panes one after the other, after each command.</summary>
internal static class PlainWalk
{
    private const int CodeBefore = 3;
    private const int CodeAfter = 4;
    private const int MemoryRows = 4;

    public static void Run(WalkInterpreter interpreter, CommandEnvironment environment)
    {
        string again = "";
        Write(StopText.Why(interpreter.Session), environment);
        WritePanes(interpreter, environment);
        while (true)
        {
            environment.Output.Write("baton> ");
            environment.Output.Flush();
            if (environment.Input.ReadLine() is not { } line)
            {
                environment.Output.WriteLine();
                return;
            }

            string text = line.Trim().Length > 0 ? line.Trim() : again;
            WalkReply reply = interpreter.Execute(text);
            if (reply.Kind == WalkReplyKind.Quit)
            {
                return;
            }

            again = reply.Kind == WalkReplyKind.Moved ? text : again;
            Write(reply.Kind == WalkReplyKind.Moved ? StopText.Why(interpreter.Session) : reply.Lines, environment);
            if (reply.Kind == WalkReplyKind.Moved)
            {
                WritePanes(interpreter, environment);
            }
        }
    }

    private static void WritePanes(WalkInterpreter interpreter, CommandEnvironment environment)
    {
        environment.Output.WriteLine(StopText.Where(interpreter.Session));
        Write(interpreter.Panes.Registers(interpreter.Session), environment);
        environment.Output.WriteLine();
        Write(interpreter.Panes.Code(interpreter.Session, CodeBefore, CodeAfter), environment);
        environment.Output.WriteLine();
        environment.Output.WriteLine($"memory at {interpreter.WatchedAddress}");
        Write(interpreter.Watched(MemoryRows), environment);
    }

    private static void Write(IEnumerable<PaneLine> lines, CommandEnvironment environment)
    {
        foreach (PaneLine line in lines)
        {
            environment.Output.WriteLine(line.ToString());
        }
    }
}
