using System.Text;
using Baton.Lab;

namespace Baton.Tests.Lab;

/// <summary>Serial consoles as lines, however the bytes are cut on their way.</summary>
public sealed class ConsoleLineSplitterTests
{
    private const string Screen =
        "\u001b[2J\u001b[01;01HBIOS\r\n[\u001b[0;32m  OK  \u001b[0m] größer\r\r\n\n\ttab\u0007bell\nlogin: ";

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Control_characters_go_and_text_stays(int pieceSize)
    {
        ConsoleLineSplitter splitter = new();
        List<ConsoleLine> lines = [];
        byte[] bytes = Encoding.UTF8.GetBytes(Screen);
        foreach (byte[] piece in bytes.Chunk(pieceSize))
        {
            splitter.Add(piece, TimeSpan.Zero, lines);
        }

        Assert.Equal(["BIOS", "[  OK  ] größer", "", "\ttabbell"], lines.Select(line => line.Text));
        Assert.Equal("login: ", splitter.Partial.Text);
    }

    [Fact]
    public void A_line_has_the_time_of_its_first_byte()
    {
        ConsoleLineSplitter splitter = new();
        List<ConsoleLine> lines = [];
        splitter.Add("Linux"u8, TimeSpan.FromSeconds(1), lines);
        splitter.Add(" version\nRun"u8, TimeSpan.FromSeconds(2), lines);
        splitter.Add(" /init\n"u8, TimeSpan.FromSeconds(3), lines);
        Assert.Equal(
            [new ConsoleLine(TimeSpan.FromSeconds(1), "Linux version"), new ConsoleLine(TimeSpan.FromSeconds(2), "Run /init")],
            lines);
    }
}
