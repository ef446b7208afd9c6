using System.Globalization;
using Baton.Cli;
using Baton.Linux;
using Baton.Linux.Gathers;
using Baton.Linux.Kexec;
using Baton.Memory;
using Baton.Tests.Linux;
using Microsoft.Win32.SafeHandles;

namespace Baton.Tests.Cli;

/// <summary>A list that is worth nothing without its process is not left behind.</summary>
public sealed class LoadedListTests
{
    [Theory]
    [InlineData(null, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void What_was_loaded_before_is_known_to_be_gone(bool? isAnyLoaded, bool isGone)
    {
        RecordingCalls calls = new();
        using LoadedList list = new(calls) { IsAnyLoaded = () => isAnyLoaded };
        Assert.Null(list.Abandon());
        Assert.True(list.Load(() => calls.Load(new PhysicalAddress(0x1000), []), () => false));
        Assert.NotNull(calls.Loaded);
        list.Unload();
        Assert.Null(calls.Loaded);
        Assert.Equal(isGone, list.HasReplaced);
        string more = isGone ? "; the kernel that was loaded before is not any more, so load it again" : "";
        Assert.Equal("nothing of it is loaded" + more, list.Abandon());
    }

    /// <summary>The list that is there is its own then.</summary>
    [Fact]
    public void A_list_in_the_place_of_a_list_has_replaced_nothing()
    {
        RecordingCalls calls = new();
        using LoadedList list = new(calls) { IsAnyLoaded = () => calls.Loaded is not null };
        for (int i = 0; i < 2; i++)
        {
            Assert.True(list.Load(() => calls.Load(new PhysicalAddress(0x1000), []), () => false));
        }

        Assert.False(list.HasReplaced);
    }

    /// <summary>The kernel keeps what it has when it refuses something else.</summary>
    [Fact]
    public void A_list_that_was_refused_is_not_unloaded()
    {
        RecordingCalls calls = new();
        calls.Load(new PhysicalAddress(0x1000), []);
        using LoadedList list = new(calls) { IsAnyLoaded = () => true };
        Assert.Throws<IOException>(() => list.Load(() => throw new IOException("refused"), () => false));
        list.Unload();
        Assert.NotNull(calls.Loaded);
        Assert.False(list.HasReplaced);
        Assert.Null(list.Abandon());
    }

    [Fact]
    public void Where_the_process_is_being_ended_nothing_is_loaded()
    {
        RecordingCalls calls = new();
        using LoadedList list = new(calls);
        Assert.False(list.Load(() => calls.Load(new PhysicalAddress(0x1000), []), () => true));
        Assert.Null(calls.Loaded);
    }

    /// <summary>The kernel may count its calls (kexec_load_limit_reboot), those that unload too.</summary>
    [Fact]
    public void A_list_that_cannot_be_unloaded_is_spoken_of()
    {
        RefusingCalls calls = new();
        using LoadedList list = new(calls) { IsAnyLoaded = () => false };
        list.Load(() => calls.Load(new PhysicalAddress(0x1000), []), () => false);
        Assert.Contains("its list is still loaded", list.Abandon(), StringComparison.Ordinal);
        Assert.Contains("before any jump", list.Abandon(), StringComparison.Ordinal);
        calls.Refuses = false;
        Assert.Equal("nothing of it is loaded", list.Abandon());
        Assert.True(calls.IsUnloaded);
    }

    /// <summary>Its pages would be others', and the list would be loaded still.</summary>
    [Fact]
    public void As_long_as_a_list_is_loaded_this_process_is_the_last_to_go()
    {
        const string Score = "/proc/self/oom_score_adj";
        string before = File.ReadAllText(Score);
        OutOfMemory.ChooseThisProcess();
        try
        {
            RecordingCalls calls = new();
            using LoadedList list = new(calls);
            string meanwhile = "";
            list.Load(() => meanwhile = File.ReadAllText(Score), () => false);
            Assert.InRange(int.Parse(meanwhile, CultureInfo.InvariantCulture), -1000, 0);
            list.Unload();
            Assert.Equal("1000\n", File.ReadAllText(Score));
            Assert.Throws<IOException>(() => list.Load(() => throw new IOException("refused"), () => false));
            Assert.Equal("1000\n", File.ReadAllText(Score));
        }
        finally
        {
            File.WriteAllText(Score, before);
        }
    }

    /// <summary>A kernel that loads and does not unload.</summary>
    private sealed class RefusingCalls : IKexecCalls
    {
        public bool Refuses { get; set; } = true;

        public bool IsUnloaded { get; private set; }

        public void Load(PhysicalAddress entry, IReadOnlyList<LoadedPiece> pieces)
        {
        }

        public void LoadFile(SafeFileHandle kernel, SafeFileHandle? initrd, string commandLine) =>
            throw new NotSupportedException();

        public void Unload() => IsUnloaded = !Refuses
            ? true
            : throw new SystemCallException("kexec_load(0, 0, NULL, 0)", Errno.EPERM);
    }
}
