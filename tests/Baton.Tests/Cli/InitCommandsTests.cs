using Baton.Cli.Init;

namespace Baton.Tests.Cli;

/// <summary>What baton does as PID 1: by a file, or by the kernel's command line.</summary>
public sealed class InitCommandsTests
{
    [Fact]
    public void Commands_survive_their_file()
    {
        string[][] commands =
        [
            ["plan", "/next/kernel", "--command-line", "root=UUID=1 \"two  words\"  'and' more "],
            ["exec", "--now"],
        ];
        Assert.Equal(commands, InitCommands.Read(System.Text.Encoding.UTF8.GetString(InitCommands.Write(commands))));
    }

    [Fact]
    public void A_file_written_by_hand_may_end_in_any_way() =>
        Assert.Equal([["witness"], ["machine", "--json"]], InitCommands.Read("\n\nwitness\n\n\nmachine\n--json"));

    [Theory]
    [InlineData("")]
    [InlineData("two\nlines")]
    public void What_a_file_cannot_hold_is_refused(string argument) =>
        Assert.Throws<ArgumentException>(() => InitCommands.Write([["load", argument]]));

    [Theory]
    [InlineData("console=ttyS0 quiet -- machine --json", "machine --json", "machine --json")]
    [InlineData("console=ttyS0 demo quiet -- machine", "demo machine", "machine")]
    [InlineData("demo more -- demo", "demo more demo", "demo")]
    [InlineData("-- witness", "witness", "witness")]
    [InlineData("console=ttyS0 --", "", "")]
    [InlineData("console=ttyS0 demo", "demo", "")]
    [InlineData("x--y -- a -- b", "x--y a -- b", "a -- b")]
    public void What_stands_behind_the_dashes_is_the_command(string commandLine, string arguments, string expected) =>
        Assert.Equal(Words(expected), InitCommands.Behind(Words(arguments), commandLine));

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
