using Baton.Cli;

namespace Baton.Tests.Cli;

/// <summary>How a stream that comes along is shown, by what can be done with the place where it is shown.</summary>
public sealed class StreamProgressTests
{
    [Theory]
    [InlineData(true, false, true)]
    [InlineData(true, true, false)]
    [InlineData(false, false, false)]
    public void A_line_is_written_over_only_where_that_can_be(bool isTerminal, bool isDumb, bool isWrittenOver)
    {
        using StringWriter error = new();
        StreamProgress progress = new(
            Invocation.Environment(TextWriter.Null, error) with { ErrorIsTerminal = isTerminal, TerminalIsDumb = isDumb },
            "http://h/initrd",
            2 << 20);
        progress.Show(1 << 20);
        Assert.Equal(isWrittenOver, error.ToString().Contains(" 50 % ", StringComparison.Ordinal));
        progress.End(2 << 20);
        Assert.Equal(isWrittenOver, error.ToString().Contains('\u001b', StringComparison.Ordinal));
        Assert.Contains("baton: http://h/initrd: 2 MiB in ", error.ToString(), StringComparison.Ordinal);
    }
}
