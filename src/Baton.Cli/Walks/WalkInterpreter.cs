using Baton.Handoffs;
using Baton.Proofs.Walks;
using Baton.Reports;
using Baton.Reports.Walks;

namespace Baton.Cli.Walks;

/// <summary>Carries the commands of a walk out, whoever gives them: a person at a screen or a script.</summary>
internal sealed class WalkInterpreter(WalkSession session, IWalkPanes panes)
{
    private const int ListedBefore = 4;
    private const int ListedAfter = 8;
    private const int ListedFrom = 12;
    private const int ListedWrites = 16;
    private const ulong MostBytes = 4096;

    private readonly WalkSearch _search = new();

    public WalkSession Session => session;

    public IWalkPanes Panes => panes;

    /// <summary>The memory that is shown beside the code: an address as it was typed, followed as registers change.</summary>
    public string WatchedAddress { get; private set; } = panes.FirstWatched;

    /// <summary>Whether that address is a physical one.</summary>
    public bool WatchesPhysical { get; private set; }

    /// <summary>Carries one line out. A mistake is a reply, not an exception.</summary>
    public WalkReply Execute(string line)
    {
        string text = line.Trim();
        if (text.Length == 0 || text[0] == '#')
        {
            return WalkReply.Nothing;
        }

        int end = text.IndexOf(' ', StringComparison.Ordinal);
        string command = end < 0 ? text : text[..end];
        string rest = end < 0 ? "" : text[end..].Trim();
        string[] words = rest.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        try
        {
            return Execute(command, words, rest);
        }
        catch (WalkMistakeException mistake)
        {
            return WalkReply.Mistake(mistake.Message);
        }
    }

    /// <summary>The watched memory.</summary>
    public IReadOnlyList<PaneLine> Watched(int rows)
    {
        const int BytesInRow = 16;
        ulong start = WalkAddress.Read(WatchedAddress, session) & ~(ulong)(BytesInRow - 1);
        return rows <= 0 ? [] : MemoryPane.Lines(session, start, rows * BytesInRow, WatchesPhysical);
    }

    private WalkReply Execute(string command, string[] words, string rest)
    {
        switch (command.ToLowerInvariant())
        {
            case "step" or "s":
                return Moved(() => session.Step(OptionalCount(command, words)));
            case "over" or "o":
                return Moved(session.StepOver, command, words);
            case "back" or "b":
                return Moved(() => session.Back(OptionalCount(command, words)));
            case "restart":
                return Moved(() => session.Back(ulong.MaxValue), command, words);
            case "mode" or "m":
                return Moved(session.RunToModeChange, command, words);
            case "entry" or "e":
                return Moved(session.RunToEntry, command, words);
            case "goto" or "g":
                ulong target = Address(command, words, 1);
                return Moved(() => session.RunTo(target));
            case "until" or "u":
                return Until(command, rest);
            case "registers" or "r":
                return Answer(panes.Registers(session), command, words);
            case "list" or "l":
                return new WalkReply(WalkReplyKind.Answer, words.Length == 0
                    ? panes.Code(session, ListedBefore, ListedAfter)
                    : panes.Listing(session, Address(command, words, 1), ListedFrom));
            case "gdt" or "d":
                return Answer(Only(panes.Descriptors(session), command, Architecture.X64), command, words);
            case "system" or "y":
                return Answer(Only(panes.SystemRegisters(session), command, Architecture.Arm64), command, words);
            case "caches" or "c":
                ulong? line = words.Length == 0 ? null : Address(command, words, 1);
                return new WalkReply(
                    WalkReplyKind.Answer, Only(panes.Caches(session, line), command, Architecture.Arm64));
            case "walk" or "w":
                return new WalkReply(WalkReplyKind.Answer, panes.PageWalk(session, Address(command, words, 1)));
            case "memory" or "x":
                return Memory(command, words, isPhysical: false);
            case "physical" or "p":
                return Memory(command, words, isPhysical: true);
            case "who":
                return new WalkReply(WalkReplyKind.Answer, WritePane.Writer(session, Address(command, words, 1)));
            case "writes":
                return Answer(WritePane.Last(session, ListedWrites), command, words);
            case "modes":
                return Answer(StopText.Modes(session), command, words);
            case "find" or "f":
                return new WalkReply(WalkReplyKind.Answer, _search.Find(rest, session.Machine.Processor.Memory));
            case "help" or "h" or "?":
                return Answer(WalkHelp.Lines, command, words);
            case "more":
                return WalkReply.Nothing;
            case "quit" or "q":
                return new WalkReply(WalkReplyKind.Quit, []);
            default:
                return WalkReply.Mistake($"\"{command}\" is no command; try help");
        }
    }

    /// <summary>What one kind of processor alone can show.</summary>
    private IReadOnlyList<PaneLine> Only(IReadOnlyList<PaneLine>? lines, string command, Architecture architecture) =>
        lines ?? throw new WalkMistakeException(
            $"{command} is for {Words.Of(architecture)}, and this walk is on {Words.Of(panes.Architecture)}");

    private WalkReply Moved(Func<WalkStop> move, string command = "", string[]? words = null)
    {
        NoWords(command, words ?? []);
        move();
        return new WalkReply(WalkReplyKind.Moved, [.. StopText.Why(session), .. StopText.Changes(session)]);
    }

    private WalkReply Until(string command, string text) => text.Length == 0
        ? throw new WalkMistakeException($"{command} what? Give a part of the instruction's text, e.g. {command} mov")
        : Moved(() => session.RunUntil(
            () => panes.NextInstruction(session).Contains(text, StringComparison.OrdinalIgnoreCase)));

    private WalkReply Memory(string command, string[] words, bool isPhysical)
    {
        const ulong Usual = 64;
        ulong address = Address(command, words, 2);
        ulong length = words.Length > 1 ? WalkAddress.ReadCount(words[1]) : Usual;
        if (length > MostBytes)
        {
            throw new WalkMistakeException($"{length} bytes are too many: {MostBytes} at most");
        }

        (WatchedAddress, WatchesPhysical) = (words[0], isPhysical);
        return new WalkReply(WalkReplyKind.Watch, MemoryPane.Lines(session, address, (int)length, isPhysical));
    }

    private ulong Address(string command, string[] words, int most)
    {
        if (words.Length == 0)
        {
            throw new WalkMistakeException($"{command} needs an address");
        }

        NoWords(command, words[Math.Min(most, words.Length)..]);
        return WalkAddress.Read(words[0], session);
    }

    private static ulong OptionalCount(string command, string[] words)
    {
        NoWords(command, words[Math.Min(1, words.Length)..]);
        return words.Length == 0 ? 1 : WalkAddress.ReadCount(words[0]);
    }

    private static WalkReply Answer(IReadOnlyList<PaneLine> lines, string command, string[] words)
    {
        NoWords(command, words);
        return new WalkReply(WalkReplyKind.Answer, lines);
    }

    private static void NoWords(string command, string[] words)
    {
        if (words.Length > 0)
        {
            throw new WalkMistakeException($"{command} does not understand \"{string.Join(' ', words)}\"");
        }
    }
}
