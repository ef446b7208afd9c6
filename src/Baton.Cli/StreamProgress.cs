using System.Diagnostics;
using System.Globalization;
using Baton.Reports;

namespace Baton.Cli;

/// <summary>
/// How a stream comes along: on a terminal a line that is written over, with rate and time left; in a log, and on a terminal
/// where nothing can be written over, one line at the end.
/// </summary>
/// <param name="environment">Where it is shown.</param>
/// <param name="name">What is read.</param>
/// <param name="total">Bytes in all; null when that is not known.</param>
internal sealed class StreamProgress(CommandEnvironment environment, string name, long? total)
{
    private const int BarWidth = 24;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly bool _isLive = environment.ErrorIsTerminal && !environment.TerminalIsDumb;
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private TimeSpan _shown = -Interval;

    /// <summary>Shows how far it is, a few times a second.</summary>
    /// <param name="done">Bytes so far.</param>
    public void Show(long done)
    {
        if (_isLive && _watch.Elapsed - _shown >= Interval)
        {
            _shown = _watch.Elapsed;
            environment.Error.Write($"\r\u001b[K{Line(done)}");
            environment.Error.Flush();
        }
    }

    /// <summary>Says that all is there.</summary>
    public void End(long done)
    {
        string start = _isLive ? "\r\u001b[K" : "";
        environment.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{start}baton: {name}: {Sizes.Of((ulong)done)} in {_watch.Elapsed.TotalSeconds:0.0} s, {Rate(done)}"));
    }

    private string Line(long done)
    {
        string so = $"{name}: {Sizes.Of((ulong)done)}, {Rate(done)}";
        if (total is not { } all || all == 0)
        {
            return so;
        }

        double part = Math.Clamp((double)done / all, 0, 1);
        int filled = (int)(part * BarWidth);
        double left = done == 0 ? 0 : _watch.Elapsed.TotalSeconds * (all - done) / done;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"[{new string('#', filled)}{new string('.', BarWidth - filled)}] {part * 100:0} % {so}, {left:0} s left");
    }

    private string Rate(long done) =>
        $"{Sizes.Of((ulong)(done / Math.Max(_watch.Elapsed.TotalSeconds, 0.001)))}/s";
}
