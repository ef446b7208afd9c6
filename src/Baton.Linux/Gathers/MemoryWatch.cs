namespace Baton.Linux.Gathers;

/// <summary>
/// Looks at the machine's memory while much of it is held: others go on taking theirs, and when too little is left, the
/// holder gives up before the out-of-memory killer has to choose. It looks the more often the less is left.
/// </summary>
public sealed class MemoryWatch : IDisposable
{
    /// <summary>
    /// Bytes that can be had (<see cref="AvailableMemory"/>) below which the holder gives up. The kernel's reserve, below which
    /// its killer is called, is not among them.
    /// </summary>
    public const ulong Least = 2 << 20;

    /// <summary>
    /// Bytes that others are expected to take in a millisecond at most: a page that is written whole, as in a tmpfs, is not even
    /// cleared first.
    /// </summary>
    private const ulong TakenInMillisecond = 4 << 20;

    private const ulong LongestSleep = 20;

    private readonly Action<ulong> _giveUp;
    private readonly Func<ulong> _available;
    private readonly AvailableMemory? _memory;
    private readonly ManualResetEventSlim _end = new();
    private readonly Thread _thread;

    /// <param name="giveUp">Is called once, on a thread of its own, with the bytes that are left.</param>
    /// <param name="available">Tells how many bytes can be had; tests have their own.</param>
    public MemoryWatch(Action<ulong> giveUp, Func<ulong>? available = null)
    {
        _giveUp = giveUp;
        if (available is null)
        {
            _memory = new AvailableMemory();
            available = _memory.ReadAgain;
        }

        _available = available;
        _thread = new Thread(Look) { IsBackground = true, Name = "memory watch" };
        _thread.Start();
    }

    /// <summary>Ends the watch: nothing is called any more when this returns.</summary>
    public void Dispose()
    {
        _end.Set();
        if (Thread.CurrentThread != _thread)
        {
            _thread.Join();
            _end.Dispose();
            _memory?.Dispose();
        }
    }

    private void Look()
    {
        GoBeforeOthers();
        ulong sleep = 0;
        while (!_end.Wait((int)sleep))
        {
            ulong left = _available();
            if (left < Least)
            {
                _giveUp(left);
                return;
            }

            sleep = Math.Clamp((left - Least) / TakenInMillisecond, 1, LongestSleep);
        }
    }

    /// <summary>
    /// Who takes memory keeps the processor as well; where this is not allowed, the watch is as fast as others let it.
    /// </summary>
    private static void GoBeforeOthers()
    {
        int priority = 1;
        _ = LibC.SchedSetScheduler(0, LibC.SchedFifo, in priority);
    }
}
