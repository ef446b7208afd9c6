using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Baton.Cli;
using Baton.Linux.Gathers;
using Baton.Linux.Kexec;
using Baton.Memory;
using Baton.Tests.Linux;

namespace Baton.Tests.Cli;

/// <summary>A process that holds an image ends in good order, and leaves nothing behind.</summary>
[SupportedOSPlatform("linux")]
[Collection(nameof(SignalTests))]
public sealed class GatherGuardTests
{
    /// <summary>Who ends it unloads what is loaded, whatever ends it; SIGHUP is nohup(1)'s, under which tests run, too.</summary>
    [Theory]
    [InlineData("USR1", 138)]
    [InlineData("USR2", 140)]
    [InlineData("ALRM", 142)]
    [InlineData("XCPU", 152)]
    public void A_signal_ends_the_process_in_good_order(string signal, int status)
    {
        using Ended ended = new();
        RecordingCalls calls = new();
        bool isGivenUp = false;
        GatherGuard guard = Guard(calls, ended);
        guard.GivenUp = () => isGivenUp = true;
        guard.Begin();
        try
        {
            guard.Load(() => calls.Load(new PhysicalAddress(0x1000), []));
            Signal(signal);
            Assert.Equal(status, ended.Status());
        }
        finally
        {
            guard.Unregister();
        }

        Assert.Null(calls.Loaded);
        Assert.True(isGivenUp);
        Assert.Equal("baton: interrupted; nothing of it is loaded\n", ended.Said);
        Assert.False(File.Exists(ended.Note));
    }

    /// <summary>The kernel copies it, so that it must not become zeros.</summary>
    [Fact]
    public void What_the_kernel_is_copying_is_not_given_back()
    {
        using Ended ended = new();
        CountingRegion region = new();
        HeldMemory held = new();
        held.Take(region);
        GatherGuard guard = Guard(new RecordingCalls(), ended, held, () => MemoryWatch.Least - 1);
        guard.Begin();
        guard.Hand();
        File.WriteAllText(ended.Setting, "3");
        guard.Watch();
        Assert.Equal(69, ended.Status());
        guard.Unregister();
        Assert.Equal(0, region.Emptied);
        Assert.Contains("memory ran short", ended.Said, StringComparison.Ordinal);
        Assert.Contains("\"baton status\" tells whether it has", ended.Said, StringComparison.Ordinal);

        // That would have taken memory; the next command does it.
        Assert.Contains("settings are still changed", ended.Said, StringComparison.Ordinal);
        Assert.Equal("3", File.ReadAllText(ended.Setting));
        Assert.Contains($"{ended.Setting} 5", File.ReadAllLines(ended.Note));
    }

    /// <summary>It would hold its memory and not watch.</summary>
    [Fact]
    public void A_terminal_does_not_stop_it()
    {
        using Ended ended = new();
        ulong before = UninterruptedTests.IgnoredNow();
        using (GatherGuard guard = Guard(new RecordingCalls(), ended))
        {
            guard.Begin();
            Assert.Equal(before | UninterruptedTests.Stopping, UninterruptedTests.IgnoredNow());
        }

        Assert.Equal(before, UninterruptedTests.IgnoredNow());
    }

    /// <summary>Nothing can be told of a process that goes on but that it does.</summary>
    [Fact]
    public void Who_stood_down_is_not_ended()
    {
        using Ended ended = new();
        using ManualResetEventSlim seen = new();

        // The newest is asked first, so that the guard has been when this one is.
        using PosixSignalRegistration mine = PosixSignalRegistration.Create((PosixSignal)10, context =>
        {
            context.Cancel = true;
            seen.Set();
        });
        using (GatherGuard guard = Guard(new RecordingCalls(), ended))
        {
            guard.Begin();
            guard.StandDown();
            Signal("USR1");
            Assert.True(seen.Wait(Patience, TestContext.Current.CancellationToken));
            Assert.True(File.Exists(ended.Note));
        }

        Assert.False(File.Exists(ended.Note));
        Assert.Equal("", ended.Said);
    }

    /// <summary>Whoever changed it for the gather could not put it back; the note does not go before it is.</summary>
    [Fact]
    public void What_cannot_be_put_back_stays_noted()
    {
        using Ended ended = new();
        using (GatherGuard guard = Guard(new RecordingCalls(), ended))
        {
            guard.Begin();
            File.Delete(ended.Setting);
            Directory.CreateDirectory(ended.Setting);
        }

        Assert.Equal($"baton: {ended.Setting} could not be put back to 5: set it by yourself\n", ended.Said);
        Assert.Contains($"{ended.Setting} 5", File.ReadAllLines(ended.Note));
    }

    /// <summary>A collection that the watch began would wait for those that it keeps from running.</summary>
    [Fact]
    public void Until_all_is_given_back_the_watch_takes_nothing_from_the_collector()
    {
        long atLook = -1;
        CountingRegion region = new();
        for (int i = 0; i < 2; i++)
        {
            using ManualResetEventSlim ended = new();
            using StringWriter said = new();
            HeldMemory held = new();
            held.Take(region);

            // It is not disposed of: who does that while it ends the process does not come any further.
            GatherGuard guard = new(new LoadedList(new RecordingCalls()), held, Invocation.Environment(TextWriter.Null, said))
            {
                Available = () =>
                {
                    atLook = GC.GetAllocatedBytesForCurrentThread();
                    return MemoryWatch.Least - 1;
                },
                Exit = status =>
                {
                    said.Write($"status {status}");
                    ended.Set();
                },
            };
            guard.Watch();
            ended.Wait(TestContext.Current.CancellationToken);
            Assert.Contains("memory ran short: 1 MiB could be had", said.ToString(), StringComparison.Ordinal);
            Assert.Contains("nothing was loaded", said.ToString(), StringComparison.Ordinal);
            Assert.EndsWith("status 69", said.ToString(), StringComparison.Ordinal);
        }

        // The first time is the loader's.
        Assert.Equal(atLook, region.AllocatedWhenEmptied);
    }

    /// <summary>Each load that may be counts, and each unload.</summary>
    [Theory]
    [InlineData(null, true, false)]
    [InlineData(8, true, false)]
    [InlineData(7, true, true)]
    [InlineData(10, false, false)]
    [InlineData(9, false, true)]
    public void A_kernel_that_counts_its_calls_must_have_enough_left(int? left, bool isNow, bool isRefused)
    {
        string? obstacle = KexecCallsLeft.Obstacle(left, isNow);
        Assert.Equal(isRefused, obstacle is not null);
        Assert.Contains(isRefused ? $"takes {left} more" : "", obstacle ?? "", StringComparison.Ordinal);
    }

    /// <summary>Another carrier takes a call, too.</summary>
    [Theory]
    [InlineData(null, null)]
    [InlineData(2, null)]
    [InlineData(1, "takes 1 more (kexec_load_limit_reboot); use --carrier kexec-load")]
    [InlineData(0, "takes 0 more (kexec_load_limit_reboot); no kernel can be loaded any more: restart the machine")]
    public void A_list_that_cannot_be_made_says_what_can(int? left, string? end)
    {
        string? obstacle = KexecCallsLeft.ListObstacle(left);
        Assert.Equal(end is null, obstacle is null);
        Assert.EndsWith(end ?? "", obstacle ?? "", StringComparison.Ordinal);
    }

    /// <summary>What comes takes a moment; this is for what never comes.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static GatherGuard Guard(
        IKexecCalls calls, Ended ended, HeldMemory? held = null, Func<ulong>? available = null) =>
        new(
            new LoadedList(calls) { IsAnyLoaded = () => false },
            held ?? new HeldMemory(),
            Invocation.Environment(TextWriter.Null, ended.Writer))
        {
            Settings = new SettingsAsFound(ended.Note) { Files = [ended.Setting] },
            Available = available,
            Exit = ended.End,
        };

    /// <summary>Sends a signal to this process; those of a keyboard end a run of tests.</summary>
    private static void Signal(string name)
    {
        using Process process = Process.Start("/bin/sh", ["-c", $"kill -{name} $PPID"])!;
        process.WaitForExit();
    }

    /// <summary>What has become of a process that was ended, which for a test goes on, and of its settings.</summary>
    private sealed class Ended : IDisposable
    {
        private readonly string _folder =
            Directory.CreateDirectory(Path.Join(Path.GetTempPath(), $"baton-guard-{Guid.NewGuid():n}")).FullName;

        private readonly ManualResetEventSlim _ended = new();
        private readonly StringWriter _said = new();
        private int _status;

        public Ended() => File.WriteAllText(Setting, "5\n");

        public TextWriter Writer => _said;

        public string Said => _said.ToString();

        public string Note => Path.Join(_folder, "settings");

        public string Setting => Path.Join(_folder, "reserve");

        public void End(int status)
        {
            _status = status;
            _ended.Set();
        }

        public int Status()
        {
            Assert.True(_ended.Wait(Patience, TestContext.Current.CancellationToken), "it was not ended");
            return _status;
        }

        public void Dispose()
        {
            _ended.Dispose();
            _said.Dispose();
            Directory.Delete(_folder, recursive: true);
        }
    }

    /// <summary>A region that counts what its giving back has cost.</summary>
    private sealed class CountingRegion : IHeldRegion
    {
        public long AllocatedWhenEmptied { get; private set; }

        public int Emptied { get; private set; }

        public PinMethod Method => PinMethod.IoUring;

        public void Fill(HeldMemory held)
        {
        }

        public void Pin()
        {
        }

        public void Empty()
        {
            AllocatedWhenEmptied = GC.GetAllocatedBytesForCurrentThread();
            Emptied++;
        }

        public void Dispose()
        {
        }
    }
}
