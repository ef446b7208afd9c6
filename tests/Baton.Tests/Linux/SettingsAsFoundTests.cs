using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Baton.Linux.Gathers;

namespace Baton.Tests.Linux;

/// <summary>
/// The note about the kernel's settings that outlives a process that is killed; none is changed here, files of our own stand for
/// them.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class SettingsAsFoundTests : IDisposable
{
    /// <summary>No process has a number that high.</summary>
    private const string Dead = "4194305 17";

    /// <summary>A number that nobody may write, root neither.</summary>
    private const string Fixed = "/proc/sys/kernel/ngroups_max";

    private const UnixFileMode ForOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _note = Path.Join(Path.GetTempPath(), $"baton-settings-{Guid.NewGuid():n}", "settings");
    private readonly string _setting;

    public SettingsAsFoundTests()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_note)!);
        _setting = Path.Join(Path.GetDirectoryName(_note), "reserve");
        File.WriteAllText(_setting, "5\n");
    }

    private string Turn => _note + ".turn";

    [Fact]
    public void As_long_as_the_process_lives_the_note_is_its_own()
    {
        using SettingsAsFound settings = new(_note);
        Assert.True(settings.Keep());
        string[] lines = File.ReadAllLines(_note);
        Assert.StartsWith(Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + " ", lines[0], StringComparison.Ordinal);
        Assert.Contains(lines, line => line.StartsWith("/proc/sys/vm/min_free_kbytes ", StringComparison.Ordinal));
        Assert.Empty(SettingsAsFound.PutBackAfterKill(_note));
        Assert.True(File.Exists(_note));
        settings.PutBack();
        Assert.False(File.Exists(_note));
    }

    /// <summary>Each would put back what the other has set.</summary>
    [Fact]
    public void One_at_a_time_may_change_settings()
    {
        using SettingsAsFound first = new(_note);
        using SettingsAsFound second = new(_note);
        Assert.True(first.Keep());
        string note = File.ReadAllText(_note);
        Assert.False(second.Keep());
        second.PutBack();
        Assert.Equal(note, File.ReadAllText(_note));
        first.PutBack();
        Assert.True(second.Keep());
    }

    [Theory]
    [InlineData("1 0")]
    [InlineData(Dead)]
    [InlineData("nobody")]
    public void The_note_of_a_dead_process_is_carried_out_once(string owner)
    {
        string now = File.ReadAllText("/proc/sys/vm/min_free_kbytes").Trim();
        File.WriteAllLines(
            _note, [owner, $"/proc/sys/vm/min_free_kbytes {now}", "/etc/passwd 5", "/proc/sys/vm/swappiness many"]);
        Assert.Empty(SettingsAsFound.PutBackAfterKill(_note));
        Assert.False(File.Exists(_note));
    }

    [Fact]
    public void Where_there_is_no_note_there_is_nothing_to_do()
    {
        Assert.Empty(SettingsAsFound.PutBackAfterKill(_note));
        Assert.False(File.Exists(Turn));
    }

    /// <summary>Its owner may have been killed since somebody looked; what it had set is not what was before.</summary>
    [Fact]
    public void A_note_is_carried_out_before_the_values_are_read()
    {
        File.WriteAllLines(_note, [Dead, $"{_setting} 3"]);
        using SettingsAsFound settings = Settings();
        Assert.True(settings.Keep());
        Assert.Equal(
            $"{_setting} was left at 5 by a gather that was killed; it is 3 again", Assert.Single(settings.PutBackFirst));
        Assert.Equal(3, Value());
        string[] lines = File.ReadAllLines(_note);
        Assert.StartsWith(Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + " ", lines[0], StringComparison.Ordinal);
        Assert.Equal($"{_setting} 3", Assert.Single(lines[1..]));
    }

    /// <summary>A process that has not changed anything, or not any more, may have the number and even the name.</summary>
    [Fact]
    public void Whose_turn_it_is_not_has_no_note()
    {
        using (SettingsAsFound before = Settings())
        {
            Assert.True(before.Keep());
        }

        File.WriteAllText(_setting, "9");
        Assert.Equal($"{_setting} was left at 9 by a gather that was killed; it is 5 again", Assert.Single(CarryOut()));
        Assert.Equal(5, Value());
        Assert.False(File.Exists(_note));
    }

    /// <summary>
    /// Another gather has begun, and has not written its own note yet; or the kernel still ends the owner. The same number with
    /// another start is another process.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void As_long_as_another_has_the_turn_a_note_is_left_alone(bool isNumberTaken)
    {
        string owner = isNumberTaken ? string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId} 0") : Dead;
        using SettingsAsFound holder = Settings();
        Assert.True(holder.Keep());
        string[] lines = [owner, $"{_setting} 3"];
        File.WriteAllLines(_note, lines);
        Assert.Equal(
            $"{_setting} is still changed by process {owner.Split(' ')[0]}, which has ended: try again",
            Assert.Single(CarryOut()));
        using SettingsAsFound next = Settings();
        Assert.False(next.Keep());
        Assert.Equal(lines, File.ReadAllLines(_note));
        Assert.Equal(5, Value());
    }

    /// <summary>The kernel frees the memory of a process, and closes its files after that.</summary>
    [Fact]
    public void A_process_that_ends_is_waited_for()
    {
        using Process parent = ParentOfDead(out string dead);
        try
        {
            using (SettingsAsFound holder = Settings())
            {
                Assert.True(holder.Keep());
                File.WriteAllLines(_note, [dead, $"{_setting} 3"]);
                Assert.Equal(
                    $"{_setting} is still changed by process {dead.Split(' ')[0]}, which is ending: try again",
                    Assert.Single(CarryOut()));
            }

            Assert.Single(CarryOut());
            Assert.Equal(3, Value());
        }
        finally
        {
            parent.Kill();
            parent.WaitForExit();
        }
    }

    [Fact]
    public void The_turn_of_a_process_that_ends_is_taken_over()
    {
        using SettingsAsFound holder = Settings();
        Assert.True(holder.Keep());
        File.WriteAllLines(_note, [Dead, $"{_setting} 3"]);
        using Timer end = new(_ => holder.Dispose(), null, TimeSpan.FromMilliseconds(200), Timeout.InfiniteTimeSpan);
        using SettingsAsFound next = Settings(TimeSpan.FromMinutes(1));
        Assert.True(next.Keep());
        Assert.Equal(3, Value());
    }

    /// <summary>Its values are of a kernel that is gone, whoever has the number now.</summary>
    [Fact]
    public void The_note_of_another_boot_is_removed()
    {
        File.WriteAllLines(_note, [$"{Dead} 00000000-0000-0000-0000-000000000000", $"{_setting} 3"]);
        Assert.Empty(CarryOut());
        Assert.Equal(5, Value());
        Assert.False(File.Exists(_note));
    }

    [Fact]
    public void The_note_of_this_boot_is_carried_out()
    {
        string boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        File.WriteAllLines(_note, [$"{Dead} {boot}", $"{_setting} 3"]);
        Assert.Single(CarryOut());
        Assert.Equal(3, Value());
        using SettingsAsFound settings = Settings();
        Assert.True(settings.Keep());
        Assert.EndsWith($" {boot}", File.ReadAllLines(_note)[0], StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_put_back_stays_noted()
    {
        string now = File.ReadAllText(Fixed).Trim();
        File.WriteAllLines(_note, [Dead, $"{Fixed} 1", $"{_setting} 3", "/proc/sys/absent 1"]);
        Assert.Equal(
            [
                $"kernel.ngroups_max was left at {now} by a gather that was killed and could not be put back to 1: "
                    + "set it by yourself",
                $"{_setting} was left at 5 by a gather that was killed; it is 3 again",
            ],
            CarryOut());
        string[] left = [Dead, $"{Fixed} 1"];
        Assert.Equal(left, File.ReadAllLines(_note));
    }

    /// <summary>What a gather before could not put back does not get lost with the next one's own note.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_could_not_be_put_back_outlasts_the_next_gather(bool isChanged)
    {
        File.WriteAllLines(_note, [Dead, $"{Fixed} 1"]);
        using SettingsAsFound settings = Settings();
        Assert.True(settings.Keep());
        Assert.Single(settings.PutBackFirst);
        string[] noted = [$"{Fixed} 1", $"{_setting} 5"];
        Assert.Equal(noted, File.ReadAllLines(_note)[1..]);
        if (isChanged)
        {
            File.WriteAllText(_setting, "9");
        }

        Assert.Equal(["kernel.ngroups_max could not be put back to 1: set it by yourself"], settings.PutBack());
        Assert.Equal(5, Value());
        Assert.Equal($"{Fixed} 1", Assert.Single(File.ReadAllLines(_note)[1..]));
    }

    /// <summary>Whoever may read a file may lock it, and would keep others from their turn.</summary>
    [Fact]
    public void No_other_user_may_lock_the_files()
    {
        File.WriteAllText(Turn, "");
        File.SetUnixFileMode(Turn, ForOwner | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        File.WriteAllText(_note + ".new", "half a note");
        using (SettingsAsFound settings = Settings())
        {
            Assert.True(settings.Keep());
            Assert.Equal(ForOwner, File.GetUnixFileMode(_note));
            Assert.Equal(ForOwner, File.GetUnixFileMode(Turn));
            Assert.False(File.Exists(_note + ".new"));
        }

        File.Delete(Turn);
        using SettingsAsFound next = Settings();
        Assert.True(next.Keep());
        Assert.Equal(ForOwner, File.GetUnixFileMode(Turn));
    }

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_note)!, recursive: true);

    private SettingsAsFound Settings(TimeSpan patience = default) => new(_note) { Files = [_setting], Patience = patience };

    private List<string> CarryOut()
    {
        using SettingsAsFound settings = Settings();
        return settings.CarryOut();
    }

    private long Value() => long.Parse(File.ReadAllText(_setting), CultureInfo.InvariantCulture);

    /// <summary>Starts a process that does not ask what has become of its child.</summary>
    /// <param name="dead">Number and start of the child, once it is dead.</param>
    private static Process ParentOfDead(out string dead)
    {
        const string Script = "exec 3<&0; (read line <&3) & echo $!; exec sleep 60";
        Process parent = Process.Start(new ProcessStartInfo("sh", ["-c", Script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        string id = parent.StandardOutput.ReadLine()!;

        // A shell would ask.
        Assert.True(SpinWait.SpinUntil(
            () => File.ReadAllText($"/proc/{parent.Id}/comm") == "sleep\n", TimeSpan.FromSeconds(30)));
        parent.StandardInput.Close();
        string[] stat = [];
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                stat = File.ReadAllText($"/proc/{id}/stat").Split(' ');
                return stat[2] == "Z";
            },
            TimeSpan.FromSeconds(30)));
        dead = $"{id} {stat[21]}";
        return parent;
    }
}
