using Baton.Cli.Walks;
using Baton.Proofs.Walks;
using Baton.Reports.Walks;
using Baton.Tests.Proofs.Walks;

namespace Baton.Tests.Cli.Walks;

/// <summary>The commands of a walk: what they move, what they answer, and that a mistake is one line.</summary>
public sealed class WalkInterpreterTests
{
    private const string NoAddress =
        "is not an address: give hexadecimal digits, a register, a segment's name or \"entry\"";

    [Theory]
    [InlineData("step", 1)]
    [InlineData("s 3", 3)]
    [InlineData("S 0x3", 3)]
    [InlineData("step 3; back", 2)]
    [InlineData("s 3; b 2", 1)]
    [InlineData("s 3; restart", 0)]
    [InlineData("over", 1)]
    [InlineData("goto 8005", 1)]
    [InlineData("g 0x800a", 2)]
    [InlineData("g rip+5", 1)]
    [InlineData("g 8_005", 1)]
    [InlineData("until EBX", 1)]
    [InlineData("u nop", 2)]
    [InlineData("# step; ; s", 1)]
    [InlineData("entry", 3)]
    [InlineData("mode", 3)]
    public void A_command_moves_the_walk(string commands, ulong position)
    {
        WalkInterpreter interpreter = Interpreter();
        foreach (string command in commands.Split(';'))
        {
            Assert.Contains(interpreter.Execute(command).Kind, (WalkReplyKind[])[WalkReplyKind.Moved, WalkReplyKind.Nothing]);
        }

        Assert.Equal(position, interpreter.Session.Position);
    }

    [Theory]
    [InlineData("jump", "\"jump\" is no command; try help")]
    [InlineData("step x", "\"x\" is not a count: give a number above 0, in decimal")]
    [InlineData("step 0", "\"0\" is not a count: give a number above 0, in decimal")]
    [InlineData("step 1 2", "step does not understand \"2\"")]
    [InlineData("over 2", "over does not understand \"2\"")]
    [InlineData("goto", "goto needs an address")]
    [InlineData("g moon", $"\"moon\" {NoAddress}")]
    [InlineData("x 8000+", $"\"8000+\" {NoAddress}")]
    [InlineData("x 11112222333344445", $"\"11112222333344445\" {NoAddress}")]
    [InlineData("x rsp 5000", "5000 bytes are too many: 4096 at most")]
    [InlineData("x rsp 16 16", "x does not understand \"16\"")]
    [InlineData("gdt 1", "gdt does not understand \"1\"")]
    [InlineData("system", "system is for arm64, and this walk is on amd64")]
    [InlineData("c 8000", "c is for arm64, and this walk is on amd64")]
    [InlineData("until", "until what? Give a part of the instruction's text, e.g. until mov")]
    [InlineData("find", "nothing to look for yet: give bytes (find 0f 22 d8) or text (find \"Linux\")")]
    [InlineData("find 123", "\"123\" are no bytes: give two hexadecimal digits a byte, or text in quotes")]
    [InlineData("find \"\"", "no text between the quotes")]
    public void A_mistake_is_one_line_and_the_walk_goes_on(string command, string line)
    {
        WalkInterpreter interpreter = Interpreter();
        WalkReply reply = interpreter.Execute(command);
        Assert.Equal((WalkReplyKind.Mistake, line), (reply.Kind, reply.Lines.Text()));
        Assert.Equal(0UL, interpreter.Session.Position);
        Assert.Equal(WalkReplyKind.Moved, interpreter.Execute("step").Kind);
    }

    [Fact]
    public void Find_goes_on_behind_what_it_has_found()
    {
        WalkInterpreter interpreter = Interpreter();
        Assert.Equal("0x8000", interpreter.Execute("find b8 01").Lines.Text());
        Assert.Equal("not found again", interpreter.Execute("find").Lines.Text());
        Assert.Equal("0x8010", interpreter.Execute("f \"hi there\"").Lines.Text());
        Assert.Equal("not found", interpreter.Execute("f \"hi  there\"").Lines.Text());
    }

    [Fact]
    public void Watched_memory_follows_its_register()
    {
        WalkInterpreter interpreter = Interpreter();
        Assert.Equal(WalkReplyKind.Watch, interpreter.Execute("x rip 1").Kind);
        Assert.StartsWith("00008000  b8 01", interpreter.Watched(1).Text(), StringComparison.Ordinal);
        interpreter.Execute("p 0x8010");
        Assert.StartsWith("00008010  68 69", interpreter.Watched(1).Text(), StringComparison.Ordinal);
        Assert.Empty(interpreter.Watched(0));
    }

    [Fact]
    public void Every_command_of_the_help_is_one()
    {
        foreach (string line in WalkHelp.Lines.Text().Split('\n').Where(line => line.Length > 0 && char.IsLower(line[0])))
        {
            string command = line.Split(' ')[0];
            Assert.DoesNotContain("no command", Interpreter().Execute(command).Lines.Text(), StringComparison.Ordinal);
        }
    }

    /// <summary>mov eax, 1; mov ebx, 2; nop; hlt at the entry; text.</summary>
    internal static WalkInterpreter Interpreter()
    {
        WalkSession session = Baton.Tests.Proofs.Walks.Walks.Through(
            "b801000000 bb02000000 90 f4 90909090 6869207468657265", entry: 0x800B);
        return new WalkInterpreter(session, new X64Panes());
    }
}
