using System.Globalization;
using Baton.Cli;
using Baton.Linux;
using Baton.Linux.Gathers;
using Baton.Linux.Kexec;
using Baton.Machines;
using Baton.Memory;
using Baton.Tests.Linux;
using Microsoft.Win32.SafeHandles;

namespace Baton.Tests.Cli;

/// <summary>A list that is worth nothing without its process is not left behind.</summary>
public sealed class GatherGuardTests
{
    [Theory]
    [InlineData(null, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void What_was_loaded_before_is_known_to_be_gone(bool? hadLoaded, bool isGone)
    {
        RecordingCalls calls = new();
        using GatherGuard guard = Guard(calls);
        guard.HadLoaded = hadLoaded;
        guard.Load(() => calls.Load(new PhysicalAddress(0x1000), []));
        Assert.NotNull(calls.Loaded);
        guard.Unload();
        Assert.Null(calls.Loaded);
        Assert.Equal(isGone, guard.HasReplaced);
    }

    /// <summary>The kernel keeps what it has when it refuses something else.</summary>
    [Fact]
    public void A_list_that_was_refused_is_not_unloaded()
    {
        RecordingCalls calls = new();
        calls.Load(new PhysicalAddress(0x1000), []);
        using GatherGuard guard = Guard(calls);
        guard.HadLoaded = true;
        Assert.Throws<IOException>(() => guard.Load(() => throw new IOException("refused")));
        guard.Unload();
        Assert.NotNull(calls.Loaded);
        Assert.False(guard.HasReplaced);
    }

    /// <summary>The kernel may count its calls (kexec_load_limit_reboot), those that unload too.</summary>
    [Fact]
    public void A_list_that_cannot_be_unloaded_is_spoken_of()
    {
        RefusingCalls calls = new();
        using GatherGuard guard = Guard(calls);
        guard.Load(() => calls.Load(new PhysicalAddress(0x1000), []));
        Assert.Contains("its list is still loaded", guard.Abandon(), StringComparison.Ordinal);
        Assert.Contains("do not jump", guard.Abandon(), StringComparison.Ordinal);
        calls.Refuses = false;
        Assert.Null(guard.Abandon());
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
            using GatherGuard guard = Guard(calls);
            string meanwhile = "";
            guard.Load(() => meanwhile = File.ReadAllText(Score));
            Assert.InRange(int.Parse(meanwhile, CultureInfo.InvariantCulture), -1000, 0);
            guard.Unload();
            Assert.Equal("1000\n", File.ReadAllText(Score));
            Assert.Throws<IOException>(() => guard.Load(() => throw new IOException("refused")));
            Assert.Equal("1000\n", File.ReadAllText(Score));
        }
        finally
        {
            File.WriteAllText(Score, before);
        }
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
            GatherGuard guard = new(new RecordingCalls(), held, Invocation.Environment(TextWriter.Null, said))
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

    /// <summary>Each load that may be counts, and the last call is for the unload.</summary>
    [Theory]
    [InlineData(null, true, false)]
    [InlineData(5, true, false)]
    [InlineData(4, true, true)]
    [InlineData(7, false, false)]
    [InlineData(6, false, true)]
    public void A_kernel_that_counts_its_calls_must_have_enough_left(int? left, bool isNow, bool isRefused)
    {
        KexecAbility ability = new(new KexecCall(true, []), new KexecCall(true, []), Loaded: false, CrashLoaded: false)
        {
            CallsLeft = left,
        };
        CommandException? refusal =
            Record.Exception(() => KexecCallsLeft.Demand(ability, rebuilds: 3, isNow)) as CommandException;
        Assert.Equal(isRefused, refusal is not null);
        Assert.Contains(isRefused ? $"takes {left} more calls" : "", refusal?.Message ?? "", StringComparison.Ordinal);
    }

    private static GatherGuard Guard(IKexecCalls calls) =>
        new(calls, new HeldMemory(), Invocation.Environment(TextWriter.Null, TextWriter.Null));

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

    /// <summary>A region that counts what its giving back has cost.</summary>
    private sealed class CountingRegion : IHeldRegion
    {
        public long AllocatedWhenEmptied { get; private set; }

        public PinMethod Method => PinMethod.IoUring;

        public void Fill(HeldMemory held)
        {
        }

        public void Pin()
        {
        }

        public void Empty() => AllocatedWhenEmptied = GC.GetAllocatedBytesForCurrentThread();

        public void Dispose()
        {
        }
    }
}
