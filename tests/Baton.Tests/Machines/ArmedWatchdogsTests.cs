using Baton.Handoffs;
using Baton.Machines;

namespace Baton.Tests.Machines;

/// <summary>What resets the machine in the middle of the next kernel's start.</summary>
public sealed class ArmedWatchdogsTests
{
    [Theory]
    [InlineData("active", "iTCO_wdt", "60", "the watchdog watchdog0 (\"iTCO_wdt\") is armed and may reset the machine 60 s")]
    [InlineData("active", "", "", "the watchdog watchdog0 is armed and may reset the machine some time")]
    [InlineData("inactive", "iTCO_wdt", "60", null)]
    [InlineData("active", "Software Watchdog", "60", null)]
    [InlineData("", "iTCO_wdt", "60", null)]
    public void One_that_counts_is_told(string state, string identity, string timeout, string? words)
    {
        Dictionary<string, string> files = Trees.Pc();
        foreach ((string name, string value) in new[] { ("state", state), ("identity", identity), ("timeout", timeout) })
        {
            if (value.Length > 0)
            {
                files[$"sys/class/watchdog/watchdog0/{name}"] = value + "\n";
            }
        }

        Finding? finding = MachineReader.Read(Trees.Of(files)).Findings.SingleOrDefault(f => f.Id == ArmedWatchdogs.Id);
        Assert.Equal(words is null ? null : Severity.Warning, finding?.Severity);
        Assert.StartsWith(words ?? "", finding?.Text ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void Each_of_them_is()
    {
        Dictionary<string, string> files = Trees.Pc();
        files["sys/class/watchdog/watchdog1/state"] = "active\n";
        files["sys/class/watchdog/watchdog0/state"] = "active\n";
        Assert.Equal(
            ["watchdog0", "watchdog1"],
            MachineReader.Read(Trees.Of(files)).Findings.Where(f => f.Id == ArmedWatchdogs.Id).Select(f => f.Text.Split(' ')[2]));
    }
}
