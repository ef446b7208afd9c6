using Baton.Reports.Walks;

namespace Baton.Cli.Walks;

/// <summary>A line on rows of so many columns: cut with a sign of it, or broken between words and shown whole.</summary>
internal static class ScreenRow
{
    /// <summary>What a row ends with that does not show all of its line.</summary>
    private const string Cut = "…";

    /// <summary>How much further in the rows are that go on with a line.</summary>
    private const int Hanging = 2;

    /// <summary>One row, every cell of it filled.</summary>
    public static PaneLine Fit(PaneLine line, int columns)
    {
        int length = line.ToString().Length;
        PaneStyle style = line.Pieces.Count == 1 ? line.Pieces[0].Style : PaneStyle.Plain;
        return length > columns
            ? new PaneLine([.. Slice(line, 0, columns - Cut.Length), new PanePiece(Cut, style)])
            : new PaneLine([.. Slice(line, 0, length), new PanePiece(new string(' ', columns - length), style)]);
    }

    /// <summary>As many rows as it takes.</summary>
    public static IEnumerable<PaneLine> Wrap(PaneLine line, int columns)
    {
        string text = line.ToString();
        if (text.Length <= columns)
        {
            yield return line;
            yield break;
        }

        int indent = Math.Min(text.Length - text.TrimStart().Length + Hanging, columns / 2);
        for (int start = 0; start < text.Length;)
        {
            int margin = start == 0 ? 0 : indent;
            int length = LengthOfRow(text, start, columns - margin);
            yield return new PaneLine([new PanePiece(new string(' ', margin)), .. Slice(line, start, length)]);
            start += length;
            while (start < text.Length && text[start] == ' ')
            {
                start++;
            }
        }
    }

    private static int LengthOfRow(string text, int start, int room)
    {
        if (text.Length - start <= room)
        {
            return text.Length - start;
        }

        int space = text.LastIndexOf(' ', start + room, room);
        return space < 0 || text.AsSpan(start..space).IsWhiteSpace() ? room : space - start;
    }

    /// <summary>A part of a line in the styles that it has there.</summary>
    private static IEnumerable<PanePiece> Slice(PaneLine line, int start, int length)
    {
        int at = 0;
        foreach (PanePiece piece in line.Pieces)
        {
            int from = Math.Clamp(start - at, 0, piece.Text.Length);
            int to = Math.Clamp(start + length - at, 0, piece.Text.Length);
            if (from < to)
            {
                yield return piece with { Text = piece.Text[from..to] };
            }

            at += piece.Text.Length;
        }
    }
}
