using Baton.Cli;
using Baton.Cli.Walks;
using Baton.Proofs.Walks;
using Baton.Reports.Walks;

namespace Baton.Tests.Cli.Walks;

/// <summary>The picture on a terminal of 80 columns and 24 rows, cell by cell.</summary>
public sealed class WalkScreenTests
{
    [Fact]
    public void The_screen_shows_place_registers_code_and_memory()
    {
        WalkInterpreter interpreter = WalkInterpreterTests.Interpreter();
        WalkScreen screen = new(interpreter, 80, 24);
        screen.Show(interpreter.Execute("step"));
        screen.Show(interpreter.Execute("x 8000"));
        screen.Show(interpreter.Execute("step"));
        IReadOnlyList<PaneLine> lines = screen.Render();
        Assert.Equal(23, lines.Count);
        Assert.All(lines, line => Assert.Equal(79, line.Pieces.Sum(piece => piece.Text.Length)));
        Assert.Equal(
            """
            #2  0x800a  long mode, 4-level paging, CPL 0
            1 instruction
             RAX 0000000000000001  R8  0000000000000000  CR0  80010031
            *RBX 0000000000000002  R9  0000000000000000  CR2  0
             RCX 0000000000000000  R10 0000000000000000  CR3  1000
             RDX 0000000000000000  R11 0000000000000000  CR4  20
             RSI 0000000000000000  R12 0000000000000000  CR8  0
             RDI 0000000000000000  R13 0000000000000000  EFER d01
             RBP 0000000000000000  R14 0000000000000000 *RIP  800a
             RSP 0000000000008000  R15 0000000000000000  FLAGS 2
             CS 0010  SS 0018  DS 0018  ES 0018  FS 0018  GS 0018   no flag set
            -- code -----------------------------------------------------------------------
              00008000    b801000000            mov eax, 0x1
              00008005    bb02000000            mov ebx, 0x2
            > 0000800a    90                    nop
              0000800b    f4                    hlt
              0000800c    90                    nop
              0000800d    90                    nop
            -- memory at 8000 -------------------------------------------------------------
            00008000  b8 01 00 00 00 bb 02 00  00 00 90 f4 90 90 90 90  ................
            00008010  68 69 20 74 68 65 72 65  00 00 00 00 00 00 00 00  hi there........
            00008020  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  ................
            00008030  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  ................
            """,
            Text(lines));
    }

    [Fact]
    public void A_short_answer_takes_the_place_of_the_memory_and_a_long_one_all()
    {
        WalkInterpreter interpreter = WalkInterpreterTests.Interpreter();
        WalkScreen screen = new(interpreter, 0, 0);
        screen.Show(interpreter.Execute("walk 8000"));
        Assert.Contains("-- answer ---", Text(screen.Render()), StringComparison.Ordinal);
        Assert.Contains("0x8000 is 0x8000, in a page of 1 GiB", Text(screen.Render()), StringComparison.Ordinal);

        screen.Show(interpreter.Execute("x rsp 4096"));
        Assert.Contains("-- memory at rsp ---", Text(screen.Render()), StringComparison.Ordinal);

        screen.Show(new WalkReply(WalkReplyKind.Answer, [.. Enumerable.Range(0, 25).Select(i => PaneLine.Of($"line {i}"))]));
        string first = Text(screen.Render());
        Assert.Equal(23, screen.Render().Count);
        Assert.Contains("line 0\n", first, StringComparison.Ordinal);
        Assert.DoesNotContain("line 20", first, StringComparison.Ordinal);
        Assert.EndsWith("5 more lines: more", first, StringComparison.Ordinal);
        screen.Turn();
        Assert.Contains("line 24", Text(screen.Render()), StringComparison.Ordinal);
        Assert.DoesNotContain("more lines", Text(screen.Render()), StringComparison.Ordinal);
        screen.Turn();
        Assert.Contains("-- code ---", Text(screen.Render()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_mistake_is_told_and_the_panes_stay()
    {
        WalkInterpreter interpreter = WalkInterpreterTests.Interpreter();
        WalkScreen screen = new(interpreter, 80, 24);
        screen.Show(interpreter.Execute("jump"));
        string[] rows = Text(screen.Render()).Split('\n');
        Assert.Equal("\"jump\" is no command; try help", rows[1]);
        Assert.StartsWith("-- memory at rsp", rows[18], StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_longer_than_the_screen_is_wide_is_shown_on_several_rows()
    {
        WalkInterpreter interpreter = WalkInterpreterTests.Interpreter();
        WalkScreen screen = new(interpreter, 80, 24);
        WalkReply mistake = interpreter.Execute("goto moon");
        screen.Show(mistake);
        Assert.Contains(Words(Text(mistake.Lines)), Words(Text(screen.Render())), StringComparison.Ordinal);
        Assert.Equal(23, screen.Render().Count);

        string word = new('w', 70);
        PaneLine line = new([new PanePiece("  plain "), new PanePiece($"{word} and {word}", PaneStyle.Bold)]);
        screen.Show(new WalkReply(WalkReplyKind.Answer, [line, PaneLine.Of(new string('x', 100))]));
        Assert.Equal(
            [$"  plain {word}", $"    and {word}", new string('x', 79), $"  {new string('x', 21)}"],
            Text(screen.Render()).Split('\n')[^4..]);
    }

    [Fact]
    public void The_sentences_of_a_fault_are_shown_whole()
    {
        const string Code = "48b80000000000000001 0f22d8"; // mov rax, 1 << 56; mov cr3, rax
        WalkSession session = Baton.Tests.Proofs.Walks.Walks.Through(Code);
        WalkInterpreter interpreter = new(session, new X64Panes());
        WalkScreen screen = new(interpreter, 80, 24);
        screen.Show(interpreter.Execute("step 3"));
        string shown = Words(Text(screen.Render()));
        Assert.Contains(StopText.Why(session), line => line.ToString().Length > 79);
        Assert.All(StopText.Why(session), line => Assert.Contains(Words(line.ToString()), shown, StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_cut_ends_with_a_sign_of_it()
    {
        WalkInterpreter interpreter = WalkInterpreterTests.Interpreter();
        WalkScreen screen = new(interpreter, 80, 24);
        screen.Show(interpreter.Execute("x ffffffff80000000"));
        IReadOnlyList<PaneLine> lines = screen.Render();
        Assert.All(lines, line => Assert.Equal(79, line.Pieces.Sum(piece => piece.Text.Length)));
        Assert.All(lines.Skip(19), line => Assert.EndsWith("…", line.ToString(), StringComparison.Ordinal));
        Assert.All(lines.Take(19), line => Assert.DoesNotContain("…", line.ToString(), StringComparison.Ordinal));

        screen.Show(interpreter.Execute($"x rsp{string.Concat(Enumerable.Repeat("+0", 40))}"));
        lines = screen.Render();
        Assert.All(lines, line => Assert.Equal(79, line.Pieces.Sum(piece => piece.Text.Length)));
        Assert.EndsWith("+0…", lines[18].ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("step\nregisters\n\nquit\n", 2)]
    [InlineData("step\nfly\n\n\nquit\n", 3)]
    [InlineData("step\n# a remark\n\nquit\n", 2)]
    [InlineData("step 2\nback\nhelp\n\nquit\n", 0)]
    [InlineData("help\n\nquit\n", 0)]
    public void An_empty_line_is_the_last_move_again_whatever_was_asked_since(string typed, ulong position)
    {
        foreach (bool isPlain in (bool[])[false, true])
        {
            CommandEnvironment environment = new()
            {
                Output = TextWriter.Null,
                Error = TextWriter.Null,
                Input = new StringReader(typed),
                OutputIsTerminal = true,
                ErrorIsTerminal = true,
            };
            WalkInterpreter interpreter = WalkInterpreterTests.Interpreter();
            if (isPlain)
            {
                PlainWalk.Run(interpreter, environment);
            }
            else
            {
                ScreenWalk.Run(interpreter, environment, 80, 24);
            }

            Assert.Equal((isPlain, position), (isPlain, interpreter.Session.Position));
        }
    }

    [Fact]
    public void A_terminal_gets_home_clear_bold_and_reverse_and_nothing_else()
    {
        using StringWriter output = new();
        CommandEnvironment environment = new()
        {
            Output = output,
            Error = TextWriter.Null,
            Input = new StringReader("step\n\nhelp\nmore\nquit\n"),
            OutputIsTerminal = true,
            ErrorIsTerminal = true,
        };
        WalkInterpreter interpreter = WalkInterpreterTests.Interpreter();
        ScreenWalk.Run(interpreter, environment, 80, 24);
        Assert.Equal(2UL, interpreter.Session.Position); // an empty line steps again
        string text = output.ToString();
        Assert.StartsWith("\u001b[2J\u001b[H\u001b[7m#0  0x8000", text, StringComparison.Ordinal);
        IEnumerable<string> sequences = text.Split('\u001b').Skip(1)
            .Select(piece => piece[..(piece.IndexOfAny(['m', 'J', 'H']) + 1)]);
        Assert.Equal(["[0m", "[1m", "[2J", "[7m", "[H", "[J"], sequences.Distinct().Order(StringComparer.Ordinal));
    }

    private static string Text(IEnumerable<PaneLine> lines) => string.Join('\n', lines);

    /// <summary>The words alone, wherever a row ends between them.</summary>
    private static string Words(string text) =>
        string.Join(' ', text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries));
}
