using Baton.Proofs.Walks;

namespace Baton.Reports.Walks;

/// <summary>One instruction of a code pane.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Hex">Its bytes or its word.</param>
/// <param name="Text">Its text.</param>
internal sealed record CodeLine(ulong Address, string Hex, string Text);

/// <summary>Reads at most so many instructions from an address, in a mode; fewer where there is no code.</summary>
internal delegate IReadOnlyList<CodeLine> CodeReader(ulong address, int mode, int count);

/// <summary>Code around the next instruction, whatever the processor is.</summary>
internal static class CodePane
{
    public static IReadOnlyList<PaneLine> Around(WalkSession session, CodeReader read, int before, int after)
    {
        List<(bool IsNext, CodeLine Line)> rows =
        [
            .. session.Trail.Last(before)
                .SelectMany(foot => read(foot.Address, foot.Mode, 1))
                .Select(line => (false, line)),
        ];
        IReadOnlyList<CodeLine> ahead = read(session.ProgramCounter, session.Machine.Mode, after + 1);
        rows.AddRange(ahead.Select((line, i) => (i == 0, line)));
        List<PaneLine> lines = Format(session.Machine, rows);
        if (ahead.Count == 0)
        {
            string reason = session.Machine.WhyNoCode(session.ProgramCounter);
            lines.Add(PaneLine.Of($"> {session.ProgramCounter:x8}  {reason}", PaneStyle.Reverse));
        }

        return lines;
    }

    public static IReadOnlyList<PaneLine> From(WalkSession session, CodeReader read, ulong address, int count)
    {
        IReadOnlyList<CodeLine> code = read(address, session.Machine.Mode, count);
        return code.Count == 0
            ? [PaneLine.Of($"  {address:x8}  {session.Machine.WhyNoCode(address)}")]
            : Format(session.Machine, [.. code.Select(line => (line.Address == session.ProgramCounter, line))]);
    }

    /// <summary>The next instruction's text; empty when there is none.</summary>
    public static string Next(WalkSession session, CodeReader read) =>
        read(session.ProgramCounter, session.Machine.Mode, 1) is [var line] ? line.Text : "";

    private static List<PaneLine> Format(IWalkMachine machine, IReadOnlyList<(bool IsNext, CodeLine Line)> rows)
    {
        List<string> names = [.. rows.Select(row => PlaceNames.NameOf(machine, row.Line.Address) ?? "")];
        int width = names.Count == 0 ? 0 : names.Max(name => name.Length);
        return
        [
            .. rows.Select((row, i) => PaneLine.Of(
                $"{(row.IsNext ? '>' : ' ')} {row.Line.Address:x8}  {names[i].PadRight(width)}  {row.Line.Hex}  {row.Line.Text}",
                row.IsNext ? PaneStyle.Reverse : PaneStyle.Plain)),
        ];
    }
}
