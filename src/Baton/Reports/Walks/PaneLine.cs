namespace Baton.Reports.Walks;

/// <summary>How a piece of a line stands out on a terminal that can show it.</summary>
public enum PaneStyle
{
    Plain,

    /// <summary>What has changed.</summary>
    Bold,

    /// <summary>Where the walk stands.</summary>
    Reverse,
}

/// <summary>A run of text of one style.</summary>
/// <param name="Text">Printable characters, no line end.</param>
/// <param name="Style">How it stands out.</param>
public sealed record PanePiece(string Text, PaneStyle Style = PaneStyle.Plain);

/// <summary>
/// One line of a pane. What stands out does so in its text too (<c>*</c> for a change, <c>&gt;</c> for the next
/// instruction), so that a terminal without styles and a log say the same.
/// </summary>
/// <param name="Pieces">Its pieces from left to right.</param>
public sealed record PaneLine(IReadOnlyList<PanePiece> Pieces)
{
    /// <summary>A line of one style.</summary>
    public static PaneLine Of(string text, PaneStyle style = PaneStyle.Plain) => new([new PanePiece(text, style)]);

    public override string ToString() => string.Concat(Pieces.Select(piece => piece.Text)).TrimEnd();
}
