using System.Diagnostics;
using Baton.Linux.Power;

namespace Baton.Tests.Linux;

/// <summary>Signals that come to nothing, here and in the programs that are started meanwhile.</summary>
public sealed class UninterruptedTests
{
    [Theory]
    [InlineData("HUP")]
    [InlineData("INT")]
    [InlineData("QUIT")]
    [InlineData("TERM")]
    [InlineData("TSTP")]
    public void A_program_that_is_started_meanwhile_goes_on(string signal)
    {
        using (new Uninterrupted())
        {
            Assert.Equal("alive", Run($"kill -{signal} $$; echo alive"));

            // This process, too.
            Assert.Equal("alive", Run($"kill -{signal} $PPID; echo alive"));
        }
    }

    [Fact]
    public void Afterwards_all_is_as_before()
    {
        new Uninterrupted().Dispose();
        Assert.Equal("", Run("kill -TERM $$; echo alive"));
    }

    private static string Run(string script)
    {
        using Process process = Process.Start(
            new ProcessStartInfo("/bin/sh", ["-c", script]) { RedirectStandardOutput = true })!;
        string said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return said.TrimEnd();
    }
}
