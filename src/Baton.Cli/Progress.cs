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

        IAnsiConsole console = AnsiConsole.Create(
            new AnsiConsoleSettings { Out = new AnsiConsoleOutput(environment.Error) });
        console.Status().Start(Markup.Escape(what), context =>
        {
            using Timer clock = new(
                _ => context.Status(Markup.Escape($"{what}, {watch.Elapsed.TotalSeconds:0} s")), null, 1000, 1000);
            work();
        });
        return watch.Elapsed;
    }
}
