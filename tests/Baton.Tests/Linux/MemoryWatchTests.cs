using Baton.Linux.Gathers;

namespace Baton.Tests.Linux;

/// <summary>When a holder of memory is told to give up.</summary>
public sealed class MemoryWatchTests
{
    [Fact]
    public void It_gives_up_once_when_too_little_is_left()
    {
        Queue<ulong> readings = new([MemoryWatch.Least + 1, MemoryWatch.Least, MemoryWatch.Least - 1]);
        List<ulong> calls = [];
        using ManualResetEventSlim called = new();
        using (MemoryWatch watch = new(
            left =>
            {
                calls.Add(left);
                called.Set();
            },
            () => readings.Count > 0 ? readings.Dequeue() : 0))
        {
            Assert.True(called.Wait(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));
        }

        Assert.Equal([MemoryWatch.Least - 1], calls);
    }

    [Fact]
    public void Nothing_is_called_after_its_end()
    {
        ulong available = MemoryWatch.Least;
        bool isCalled = false;
        using ManualResetEventSlim looked = new();
        MemoryWatch watch = new(
            _ => isCalled = true,
            () =>
            {
                looked.Set();
                return Volatile.Read(ref available);
            });
        Assert.True(looked.Wait(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));
        watch.Dispose();
        Volatile.Write(ref available, 0);
        Assert.False(isCalled);
    }

    /// <summary>Who gives up may end the watch from there: it does not wait for itself.</summary>
    [Fact]
    public void Giving_up_may_end_the_watch()
    {
        using ManualResetEventSlim ended = new();
        MemoryWatch? watch = null;
        using ManualResetEventSlim made = new();
        watch = new MemoryWatch(
            _ =>
            {
                made.Wait();
                watch!.Dispose();
                ended.Set();
            },
            () => 0);
        made.Set();
        Assert.True(ended.Wait(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));
    }

    /// <summary>It would have to wait for threads that it does not let run.</summary>
    [Fact]
    public void It_takes_no_memory_from_the_collector()
    {
        const int Looks = 200;
        using AvailableMemory memory = new();
        using ManualResetEventSlim done = new();
        long[] taken = new long[Looks];
        int looks = 0;
        using (new MemoryWatch(
            _ => { },
            () =>
            {
                ulong left = memory.ReadAgain();
                taken[looks++] = GC.GetAllocatedBytesForCurrentThread();
                if (looks < Looks)
                {
                    return Math.Min(left, MemoryWatch.Least);
                }

                done.Set();
                return 0;
            }))
        {
            Assert.True(done.Wait(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));
        }

        Assert.Equal(taken[1], taken[^1]);
    }
}
