using Baton.Reports.Walks;

namespace Baton.Cli.Walks;

/// <summary>What a command of a walk was.</summary>
internal enum WalkReplyKind
{
    /// <summary>An empty line or a comment.</summary>
    Nothing,

    /// <summary>The walk has moved: the panes are new.</summary>
    Moved,

    /// <summary>An answer; the walk has not moved.</summary>
    Answer,

    /// <summary>Another view of what is there, which the screen keeps on showing.</summary>
    Watch,

    /// <summary>A command that cannot be understood: one line that says why.</summary>
    Mistake,

    /// <summary>The end.</summary>
    Quit,
}

/// <summary>What a command of a walk gives.</summary>
/// <param name="Kind">What it was.</param>
/// <param name="Lines">What it says.</param>
internal sealed record WalkReply(WalkReplyKind Kind, IReadOnlyList<PaneLine> Lines)
{
    public static WalkReply Nothing { get; } = new(WalkReplyKind.Nothing, []);

    public static WalkReply Mistake(string sentence) => new(WalkReplyKind.Mistake, [PaneLine.Of(sentence)]);
}

/// <summary>A word of a command that cannot be understood; the message is the line for the user.</summary>
internal sealed class WalkMistakeException(string message) : Exception(message);
