using System.Globalization;
using Baton.Linux.Power;

namespace Baton.Tests.Linux;

/// <summary>Units that are stopped for a process that jumps by itself.</summary>
public sealed class SystemdUnitsTests : IDisposable
{
    private const string Start = "start --no-block --job-mode=replace-irreversibly baton-handover.target";

    private static readonly string Own = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("baton-systemd-");
    private readonly List<string> _calls = [];

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void The_process_leaves_its_unit_before_any_unit_is_stopped()
    {
        string groups = Groups("cgroup.procs");
        Units(groups, arguments =>
        {
            Assert.Equal(Own, File.ReadAllText(Path.Combine(groups, "cgroup.procs")));
            return 0;
        }).Stop();
        Assert.Equal([Start], _calls);
        string target = File.ReadAllText(Path.Combine(_directory.FullName, "baton-handover.target"));
        Assert.Contains("\nRequires=shutdown.target umount.target final.target\n", target, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_directory.FullName, "baton-handover.timer")));
    }

    [Fact]
    public void Each_hierarchy_of_the_first_version_that_is_systemds_is_left()
    {
        string groups = Groups("systemd/cgroup.procs", "unified/cgroup.procs", "memory/cgroup.procs");
        Units(groups, _ => 0).Stop();
        Assert.Equal(Own, File.ReadAllText(Path.Combine(groups, "systemd/cgroup.procs")));
        Assert.Equal(Own, File.ReadAllText(Path.Combine(groups, "unified/cgroup.procs")));
        Assert.Equal("", File.ReadAllText(Path.Combine(groups, "memory/cgroup.procs")));
    }

    [Fact]
    public void Who_cannot_leave_its_unit_stops_nothing()
    {
        IOException e = Assert.Throws<IOException>(Units(Groups("memory/cgroup.procs"), _ => 0).Stop);
        Assert.Contains("has no cgroup.procs", e.Message, StringComparison.Ordinal);
        Assert.Empty(_calls);
    }

    /// <summary>It has not looked for units since it started.</summary>
    [Fact]
    public void An_old_systemd_is_asked_to_look_again()
    {
        int starts = 0;
        Units(Groups("cgroup.procs"), arguments => arguments[0] == "start" && ++starts == 1 ? 5 : 0).Stop();
        Assert.Equal([Start, "daemon-reload", Start], _calls);
    }

    /// <summary>Or else a later start of that unit would stop the machine for nobody.</summary>
    [Fact]
    public void A_systemd_that_refuses_keeps_no_unit_of_ours()
    {
        SystemdUnits units = Units(Groups("cgroup.procs"), arguments => arguments[0] == "start" ? 1 : 0);
        IOException e = Assert.Throws<IOException>(units.Stop);
        Assert.Contains("baton-handover.target\" failed with exit status 1", e.Message, StringComparison.Ordinal);
        Assert.Empty(_directory.GetFiles("baton-*"));
    }

    /// <summary>A systemctl that could not be started is no reason to give up what has no way back.</summary>
    [Fact]
    public void Waiting_ends_when_the_target_is_active_and_the_journal_goes_last()
    {
        int asked = 0;
        Units("", arguments => arguments[0] != "is-active" ? 1 : ++asked switch
        {
            1 => 3,
            2 => throw new IOException("no memory"),
            _ => 0,
        }).AwaitStopped();
        Assert.Equal(4, _calls.Count);
        Assert.StartsWith("stop --quiet systemd-journald.socket", _calls[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("1")]
    public void Only_the_main_process_of_a_unit_is_ended_wherever_it_is(string? mainProcess) =>
        Assert.Null(SystemdUnits.Obstacle(mainProcess));

    [Fact]
    public void The_main_process_is_told_how_to_start() =>
        Assert.Contains("systemd-run --scope", SystemdUnits.Obstacle(Own), StringComparison.Ordinal);

    [Fact]
    public void What_is_said_goes_to_the_kernels_log_as_well()
    {
        string path = Path.Combine(_directory.FullName, "kmsg");
        File.WriteAllText(path, "");
        using StringWriter inner = new();
        using KernelLog log = new(inner, path);
        log.WriteLine("baton: jumping");
        Assert.Equal("<4>baton: jumping\n", File.ReadAllText(path));
        Assert.Equal($"baton: jumping{Environment.NewLine}", inner.ToString());
        using KernelLog nowhere = new(inner, Path.Combine(_directory.FullName, "none"));
        nowhere.WriteLine("again");
        Assert.EndsWith($"again{Environment.NewLine}", inner.ToString(), StringComparison.Ordinal);
    }

    private SystemdUnits Units(string groups, Func<string[], int> systemctl) =>
        new(arguments =>
        {
            _calls.Add(string.Join(' ', arguments));
            return systemctl(arguments);
        })
        {
            UnitDirectory = _directory.FullName,
            ControlGroups = groups,
        };

    private string Groups(params string[] lists)
    {
        string root = Path.Combine(_directory.FullName, "cgroup");
        foreach (string list in lists)
        {
            string path = Path.Combine(root, list);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, "");
        }

        return root;
    }
}
