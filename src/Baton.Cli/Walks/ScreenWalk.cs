using System.Text;
using Baton.Reports.Walks;

namespace Baton.Cli.Walks;

/// <summary>
/// A walk on a whole screen, drawn with what every terminal has had since the VT100: home, clear, bold, reverse. Lines
/// are typed as on any terminal, so a serial line will do.
/// </summary>
internal static class ScreenWalk
{
    private const string Escape = "\u001b[";

    /// <summary>Walks until it is told to stop, or the input ends.</summary>
    public static void Run(WalkInterpreter interpreter, CommandEnvironment environment, int columns, int rows)
    {
        WalkScreen screen = new(interpreter, columns, rows);
        string again = "";
        environment.Output.Write($"{Escape}2J");
        while (true)
        {
            environment.Output.Write(Draw(screen.Render()));
            environment.Output.Write("baton> ");
            environment.Output.Flush();
            if (environment.Input.ReadLine() is not { } line)
            {
                break;
            }

            string text = line.Trim().Length > 0 ? line.Trim() : again;
            if (string.Equals(text, "more", StringComparison.OrdinalIgnoreCase))
            {
                screen.Turn();
                continue;
            }

            WalkReply reply = interpreter.Execute(text);
            if (reply.Kind == WalkReplyKind.Quit)
            {
                break;
            }

            again = reply.Kind == WalkReplyKind.Moved ? text : again;
            screen.Show(reply);
        }

        environment.Output.WriteLine();
    }

    /// <summary>The picture as a terminal takes it. The prompt's row is cleared: what was typed is still there.</summary>
    internal static string Draw(IReadOnlyList<PaneLine> lines)
    {
        StringBuilder picture = new($"{Escape}H");
        foreach (PaneLine line in lines)
        {
            foreach (PanePiece piece in line.Pieces.Where(piece => piece.Text.Length > 0))
            {
                picture.Append(piece.Style switch
                {
                    PaneStyle.Bold => $"{Escape}1m{piece.Text}{Escape}0m",
                    PaneStyle.Reverse => $"{Escape}7m{piece.Text}{Escape}0m",
                    _ => piece.Text,
                });
            }

            picture.Append("\r\n");
        }

        return picture.Append($"{Escape}J").ToString();
    }
}
