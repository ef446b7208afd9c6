using System.Globalization;

namespace Baton.Linux.Power;

/// <summary>
/// Whether reboot(2) will jump for this process, as far as can be told beforehand: a jump that is refused must not cost the
/// machine its processes.
/// </summary>
public static class JumpRights
{
    /// <summary>CAP_SYS_BOOT (capabilities(7)).</summary>
    private const int SysBoot = 22;

    /// <summary>The links of the first namespaces: their numbers are the kernel's own, and the same on all machines.</summary>
    private const string FirstPidNamespace = "pid:[4026531836]";
    private const string FirstUserNamespace = "user:[4026531837]";

    /// <summary>Asks for this process.</summary>
    /// <returns>Why it may not, for people; null when nothing is known that stands in its way.</returns>
    public static string? Obstacle()
    {
        try
        {
            return ObstacleOf(
                File.ReadAllText("/proc/self/status"),
                new FileInfo("/proc/self/ns/pid").LinkTarget,
                new FileInfo("/proc/self/ns/user").LinkTarget);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The same of what the kernel tells.</summary>
    /// <param name="status">/proc/self/status (proc_pid_status(5)).</param>
    /// <param name="pidNamespace">Where /proc/self/ns/pid leads; null when not known.</param>
    /// <param name="userNamespace">Where /proc/self/ns/user leads; null when not known.</param>
    internal static string? ObstacleOf(string status, string? pidNamespace, string? userNamespace)
    {
        const string Field = "CapEff:";
        string? line = status.Split('\n').FirstOrDefault(line => line.StartsWith(Field, StringComparison.Ordinal));
        if (line is not null
            && ulong.TryParse(line[Field.Length..], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong capabilities)
            && (capabilities & (1UL << SysBoot)) == 0)
        {
            return "CAP_SYS_BOOT is missing; run as root";
        }

        return pidNamespace is not (null or FirstPidNamespace) || userNamespace is not (null or FirstUserNamespace)
            ? "this process lives in a container (a PID or user namespace), for which reboot(2) does not jump; run it outside"
            : null;
    }
}
