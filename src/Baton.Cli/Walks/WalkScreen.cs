using Baton.Reports.Walks;

namespace Baton.Cli.Walks;

/// <summary>
/// The picture of a walk: rows of cells, every one of them filled, so that it replaces the last picture without a trace.
/// From the top: where it stands and why, registers, code, and the answer or the watched memory. An answer that is
/// longer than its pane takes all below the second row, and a line of it that is longer than the screen is wide takes several
/// rows; elsewhere such a line is cut. The last row is for typing.
/// </summary>
internal sealed class WalkScreen
{
    /// <summary>The smallest terminal that has room for it, which also is what a serial line is taken to be.</summary>
    public const int LeastColumns = 80;
    public const int LeastRows = 24;

    private const int HeadRows = 2;
    private const int RuleRows = 2;
    private const int PromptRows = 1;

    private readonly WalkInterpreter _interpreter;

    /// <summary>One column less than there are: terminals differ in what they do behind the last one.</summary>
    private readonly int _columns;
    private readonly int _rows;
    private PaneLine _message = PaneLine.Of("");
    private IReadOnlyList<PaneLine> _answer = [];
    private int _seen;

    public WalkScreen(WalkInterpreter interpreter, int columns, int rows)
    {
        _interpreter = interpreter;
        _columns = Math.Max(columns, LeastColumns) - 1;
        _rows = Math.Max(rows, LeastRows);
        Show(new WalkReply(WalkReplyKind.Moved, []));
    }

    /// <summary>Rows of an answer on the whole screen; one more is for what is left.</summary>
    private int WholeRows => _rows - HeadRows - PromptRows - 1;

    /// <summary>Takes the reply to a command in.</summary>
    public void Show(WalkReply reply)
    {
        IReadOnlyList<PaneLine> lines = reply.Kind == WalkReplyKind.Moved ? StopText.Why(_interpreter.Session) : reply.Lines;

        // A sentence has one row above the panes; one that is longer is an answer.
        bool isSentence = (lines.Count == 1 || (lines.Count > 1 && reply.Kind == WalkReplyKind.Moved))
            && lines[0].ToString().Length <= _columns;
        _seen = 0;
        _message = isSentence ? lines[0] : PaneLine.Of("");
        _answer = reply.Kind == WalkReplyKind.Watch
            ? []
            : [.. lines.Skip(isSentence ? 1 : 0).SelectMany(line => ScreenRow.Wrap(line, _columns))];
    }

    /// <summary>Turns to the rest of an answer that is longer than the screen, and from its end back to the panes.</summary>
    public void Turn()
    {
        _seen += WholeRows;
        if (_seen >= _answer.Count)
        {
            Show(WalkReply.Nothing);
        }
    }

    /// <summary>The rows above the prompt.</summary>
    public IReadOnlyList<PaneLine> Render()
    {
        IReadOnlyList<PaneLine> registers = _interpreter.Panes.Registers(_interpreter.Session);
        int rest = _rows - HeadRows - RuleRows - PromptRows - registers.Count;
        int lower = rest * 2 / 5;
        List<PaneLine> lines = [Fit(PaneLine.Of(StopText.Where(_interpreter.Session), PaneStyle.Reverse)), Fit(_message)];
        if (_answer.Count > lower)
        {
            int left = _answer.Count - _seen - WholeRows;
            lines.AddRange(Fill(_answer.Skip(_seen), WholeRows));
            lines.Add(Fit(PaneLine.Of(left > 0 ? $"{left} more lines: more" : "", PaneStyle.Bold)));
            return lines;
        }

        int code = rest - lower;
        int before = code / 3;
        lines.AddRange(Fill(registers, registers.Count));
        lines.Add(Rule("code"));
        lines.AddRange(Fill(_interpreter.Panes.Code(_interpreter.Session, before, code - before - 1), code));
        lines.Add(Rule(_answer.Count > 0 ? "answer" : $"memory at {_interpreter.WatchedAddress}"));
        lines.AddRange(Fill(_answer.Count > 0 ? _answer : _interpreter.Watched(lower), lower));
        return lines;
    }

    private PaneLine Rule(string title) => Fit(PaneLine.Of($"-- {title} ".PadRight(_columns, '-')));

    private IEnumerable<PaneLine> Fill(IEnumerable<PaneLine> lines, int count) =>
        lines.Concat(Enumerable.Repeat(PaneLine.Of(""), count)).Take(count).Select(Fit);

    private PaneLine Fit(PaneLine line) => ScreenRow.Fit(line, _columns);
}
