using System.Globalization;
using Baton.Bytes;
using Baton.Handoffs;

namespace Baton.Machines;

/// <summary>
/// Watchdogs that count at this moment: they reset the machine when nobody feeds them, and a handoff does not stop them.
/// Specification: Documentation/ABI/testing/sysfs-class-watchdog.
/// </summary>
public static class ArmedWatchdogs
{
    /// <summary>The finding that says so, one for each.</summary>
    public const string Id = "watchdog-armed";

    private const string Directory = "sys/class/watchdog";

    /// <summary>The kernel's own (softdog), which ends with that kernel.</summary>
    private const string Software = "Software Watchdog";

    internal static IEnumerable<Finding> Read(IFileTree tree)
    {
        foreach (string name in tree.List(Directory).Where(IsOne).Order(StringComparer.Ordinal))
        {
            string identity = tree.Read($"{Directory}/{name}/identity").Line ?? "";
            if (tree.Read($"{Directory}/{name}/state").Line != "active" || identity == Software)
            {
                continue;
            }

            string? timeout = tree.Read($"{Directory}/{name}/timeout").Line;
            string time = uint.TryParse(timeout, CultureInfo.InvariantCulture, out uint seconds) ? $"{seconds} s" : "some time";
            string called = identity.Length > 0 ? $" ({TextLine.Show(identity)})" : "";
            yield return new Finding(
                Severity.Warning,
                Id,
                $"the watchdog {name}{called} is armed and may reset the machine {time} after it was fed last: the next kernel "
                    + "needs a driver that takes it over by then, or it has to be disarmed before (\"systemctl kexec\" disarms "
                    + "the one that systemd feeds)");
        }
    }

    private static bool IsOne(string name) =>
        name.StartsWith("watchdog", StringComparison.Ordinal) && name["watchdog".Length..].All(char.IsAsciiDigit);
}
