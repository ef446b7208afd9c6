using System.Globalization;

namespace Baton.Linux.Power;

/// <summary>
/// The units of a machine on which systemd is PID 1, for a process that jumps by itself: systemd stops them in order, as before
/// a restart, and this process, which belongs to none of them any more, waits until that is done. The jobs are those of
/// systemd.special(7): shutdown.target, umount.target, final.target.
/// </summary>
/// <remarks>
/// A machine whose units are stopped can hardly be reached. So whatever ends this process then, systemd restarts the machine: by
/// a timer that begins to run when the units are stopped, and where stopping them takes longer than half an hour.
/// </remarks>
/// <param name="systemctl">Runs systemctl(1) with arguments and tells its exit status.</param>
public sealed class SystemdUnits(Func<string[], int> systemctl)
{
    /// <summary>Bytes of memory that it takes to begin with that; each unit that is stopped gives some back.</summary>
    public const ulong Needed = 16 << 20;

    private const string Target = "baton-handover.target";

    private const string Timer = "baton-handover.timer";

    private const string TargetText = """
        [Unit]
        Description=Hand this machine over to the next kernel
        DefaultDependencies=no
        Requires=shutdown.target umount.target final.target
        Wants=baton-handover.timer
        After=shutdown.target umount.target final.target
        JobTimeoutSec=30min
        JobTimeoutAction=reboot-force

        """;

    private const string TimerText = """
        [Unit]
        Description=Restart this machine if nobody hands it over
        DefaultDependencies=no
        After=shutdown.target umount.target final.target

        [Timer]
        OnActiveSec=10min
        Unit=reboot.target

        """;

    /// <summary>Jobs that nothing cancels, as systemctl makes them for a restart.</summary>
    private static readonly string[] StartTarget = ["start", "--no-block", "--job-mode=replace-irreversibly", Target];

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(250);

    /// <summary>The journal stays until the very end, and is started again when its processes are ended.</summary>
    private static readonly string[] Journal =
    [
        "systemd-journald.socket", "systemd-journald-dev-log.socket", "systemd-journald-audit.socket",
        "systemd-journald.service",
    ];

    /// <summary>Whether systemd shuts this machine down.</summary>
    public static bool IsInit => Directory.Exists("/run/systemd/system") && Environment.ProcessId != 1;

    /// <summary>Where units are written that are gone after a restart; for tests.</summary>
    internal string UnitDirectory { get; init; } = "/run/systemd/system";

    /// <summary>The hierarchies of control groups (cgroups(7)); for tests.</summary>
    internal string ControlGroups { get; init; } = "/sys/fs/cgroup";

    /// <summary>Why systemd would end this process with its unit all the same; null when nothing is known of that.</summary>
    /// <param name="mainProcess">$SYSTEMD_EXEC_PID (systemd.exec(5)).</param>
    public static string? Obstacle(string? mainProcess) =>
        mainProcess == Environment.ProcessId.ToString(CultureInfo.InvariantCulture)
            ? "this process is the main one of a unit, which systemd ends when it stops the unit; "
                + "start it with \"systemd-run --scope\""
            : null;

    /// <summary>Lets systemd begin to stop all units; it is not waited for.</summary>
    /// <exception cref="IOException">It does not: no unit has been stopped.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public void Stop()
    {
        LeaveControlGroup();
        File.WriteAllText(Path.Combine(UnitDirectory, Target), TargetText);
        File.WriteAllText(Path.Combine(UnitDirectory, Timer), TimerText);
        try
        {
            // Before systemd 246 units are found that were there when it last looked; looking takes time and memory.
            if (systemctl(StartTarget) != 0)
            {
                Must("daemon-reload");
                Must(StartTarget);
            }
        }
        catch
        {
            File.Delete(Path.Combine(UnitDirectory, Target));
            File.Delete(Path.Combine(UnitDirectory, Timer));
            throw;
        }
    }

    /// <summary>Waits until all units are stopped, those of the journal last.</summary>
    public void AwaitStopped()
    {
        while (Try("is-active", "--quiet", Target) != 0)
        {
            Thread.Sleep(Step);
        }

        _ = Try(["stop", "--quiet", .. Journal]);
    }

    /// <summary>Restarts the machine through its firmware, when it cannot be handed over and its units are stopped.</summary>
    public void Restart() => Try("start", "--no-block", "--job-mode=replace-irreversibly", "reboot.target");

    /// <summary>
    /// Makes this process one of the root group, which is no unit's: what systemd ends are the processes in a unit's group.
    /// </summary>
    private void LeaveControlGroup()
    {
        // The one hierarchy of version 2; systemd's own where there are several of version 1, and the one beside those.
        string[] roots = [ControlGroups, Path.Combine(ControlGroups, "systemd"), Path.Combine(ControlGroups, "unified")];
        string[] lists = [.. roots.Select(root => Path.Combine(root, "cgroup.procs")).Where(File.Exists)];
        if (lists.Length == 0)
        {
            throw new IOException($"{ControlGroups} has no cgroup.procs, by which this process could leave its unit");
        }

        foreach (string list in lists)
        {
            File.WriteAllText(list, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        }
    }

    private void Must(params string[] arguments)
    {
        if (systemctl(arguments) is not 0 and int status)
        {
            throw new IOException($"\"systemctl {string.Join(' ', arguments)}\" failed with exit status {status}");
        }
    }

    /// <summary>Like systemctl, which may for once not have been started.</summary>
    private int Try(params string[] arguments)
    {
        try
        {
            return systemctl(arguments);
        }
        catch (IOException)
        {
            return -1;
        }
    }
}
