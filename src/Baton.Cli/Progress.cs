using System.Diagnostics;
using Spectre.Console;

namespace Baton.Cli;

/// <summary>Shows on a terminal that long work goes on; says nothing in a pipe.</summary>
internal static class Progress
{
    /// <summary>Does the work and returns how long it took.</summary>
    /// <param name="environment">Where to show it.</param>
    /// <param name="what">What is going on, e.g. <c>loading 300 MiB</c>.</param>
    /// <param name="work">The work.</param>
    public static TimeSpan Run(CommandEnvironment environment, string what, Action work)
    {
        Stopwatch watch = Stopwatch.StartNew();
        if (!environment.ErrorIsTerminal)
        {
            work();
            return watch.Elapsed;
        }

        // The library knows a terminal only by the writers of the console itself.
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(environment.Error),
            Ansi = environment.TerminalIsDumb ? AnsiSupport.No : AnsiSupport.Yes,
            Interactive = environment.TerminalIsDumb ? InteractionSupport.No : InteractionSupport.Yes,
        });
        console.Status().Start(Markup.Escape(what), context =>
        {
            using Timer clock = new(
                _ => context.Status(Markup.Escape($"{what}, {watch.Elapsed.TotalSeconds:0} s")), null, 1000, 1000);
            work();
        });
        return watch.Elapsed;
    }

    /// <summary>Leaves the terminal as it was, for a process that ends from another thread while work is shown.</summary>
    /// <param name="environment">Where it is shown.</param>
    public static void End(CommandEnvironment environment)
    {
        if (environment.ErrorIsTerminal && !environment.TerminalIsDumb)
        {
            // To the line's beginning, clear it, and show the cursor (ECMA-48, and DECTCEM of the VT220).
            environment.Error.Write("\r\u001b[K\u001b[?25h");
        }
    }
}
