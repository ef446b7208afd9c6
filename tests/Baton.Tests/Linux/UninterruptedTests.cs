using System.Diagnostics;
using System.Globalization;
using Baton.Linux.Power;

namespace Baton.Tests.Linux;

/// <summary>Signals that come to nothing, here and in the programs that are started meanwhile.</summary>
[Collection(nameof(SignalTests))]
public sealed class UninterruptedTests
{
    /// <summary>SIGTSTP, SIGTTIN and SIGTTOU (20 to 22), as /proc/PID/status tells of them.</summary>
    internal const ulong Stopping = 7UL << (20 - 1);

    private const string Ignored = "SigIgn:";

    [Theory]
    [InlineData("HUP")]
    [InlineData("INT")]
    [InlineData("QUIT")]
    [InlineData("USR1")]
    [InlineData("TERM")]
    [InlineData("XCPU")]
    public void A_program_that_is_started_meanwhile_goes_on(string signal)
    {
        using (new Uninterrupted())
        {
            Assert.Equal("alive", Run($"kill -{signal} $$; echo alive"));

            // This process, too.
            Assert.Equal("alive", Run($"kill -{signal} $PPID; echo alive"));
        }
    }

    /// <summary>
    /// In a group of processes that nobody controls the kernel drops what stops a process, so that it shows nothing to send it.
    /// </summary>
    [Fact]
    public void A_terminal_does_not_stop_it()
    {
        ulong before = IgnoredNow();
        using (new Uninterrupted())
        {
            Assert.Equal(Stopping, IgnoredNow() & Stopping);
        }

        Assert.Equal(before, IgnoredNow());
        using (Uninterrupted.ByTerminals())
        {
            Assert.Equal(before | Stopping, IgnoredNow());
        }

        Assert.Equal(before, IgnoredNow());
    }

    [Fact]
    public void Afterwards_all_is_as_before()
    {
        new Uninterrupted().Dispose();
        Assert.Equal("", Run("kill -TERM $$; echo alive"));
    }

    internal static ulong IgnoredNow() => ulong.Parse(
        File.ReadLines("/proc/self/status").First(line => line.StartsWith(Ignored, StringComparison.Ordinal))[Ignored.Length..],
        NumberStyles.HexNumber | NumberStyles.AllowLeadingWhite,
        CultureInfo.InvariantCulture);

    private static string Run(string script)
    {
        using Process process = Process.Start(
            new ProcessStartInfo("/bin/sh", ["-c", script]) { RedirectStandardOutput = true })!;
        string said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return said.TrimEnd();
    }
}
