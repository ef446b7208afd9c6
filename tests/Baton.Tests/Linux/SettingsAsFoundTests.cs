using System.Globalization;
using Baton.Linux.Gathers;

namespace Baton.Tests.Linux;

/// <summary>The note about the kernel's settings that outlives a process that is killed; none is changed here.</summary>
public sealed class SettingsAsFoundTests : IDisposable
{
    private readonly string _note = Path.Join(Path.GetTempPath(), $"baton-settings-{Guid.NewGuid():n}", "settings");

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
        settings.Forget();
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
        first.Forget();
        Assert.True(second.Keep());
    }

    /// <summary>The same number with another start is another process.</summary>
    [Theory]
    [InlineData("1 0")]
    [InlineData("4194305 17")]
    [InlineData("not a process")]
    public void The_note_of_a_dead_process_is_carried_out_once(string owner)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_note)!);
        string now = File.ReadAllText("/proc/sys/vm/min_free_kbytes").Trim();
        File.WriteAllLines(
            _note, [owner, $"/proc/sys/vm/min_free_kbytes {now}", "/etc/passwd 5", "/proc/sys/vm/swappiness many"]);
        Assert.Empty(SettingsAsFound.PutBackAfterKill(_note));
        Assert.False(File.Exists(_note));
    }

    [Fact]
    public void Where_there_is_no_note_there_is_nothing_to_do() => Assert.Empty(SettingsAsFound.PutBackAfterKill(_note));

    public void Dispose()
    {
        if (Directory.Exists(Path.GetDirectoryName(_note)))
        {
            Directory.Delete(Path.GetDirectoryName(_note)!, recursive: true);
        }
    }
}
