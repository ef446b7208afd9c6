using Microsoft.Win32.SafeHandles;

namespace Baton.Linux.Gathers;

/// <summary>
/// Looks at the machine's memory while much of it is held: others go on taking theirs, and when too little is left, the
/// holder gives up before the out-of-memory killer has to choose. It looks the more often the less is left.
/// </summary>
/// <remarks>
/// It goes before all other threads, so it takes no memory from the collector and waits for no lock of the runtime: to collect,
/// it would have to wait for threads that it keeps from running, and it was seen to do so for minutes, on one slow processor.
/// </remarks>
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
    private readonly SafeFileHandle _end;
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
        int end = LibC.EventFile(0, LibC.OCloExec);
        _end = end < 0 ? throw SystemCallException.FromLastError("eventfd(0)") : new SafeFileHandle(end, ownsHandle: true);
        _thread = new Thread(Look) { IsBackground = true, Name = "memory watch" };
        _thread.Start();
    }

    /// <summary>
    /// Has the calling thread take turns with all others again: for a holder that has given up what it held, and does what takes
    /// memory from the collector.
    /// </summary>
    public static void GoWithOthers()
    {
        int priority = 0;
        _ = LibC.SchedSetScheduler(0, LibC.SchedOther, in priority);
    }

    /// <summary>Ends the watch: nothing is called any more when this returns.</summary>
    public void Dispose()
    {
        _ = LibC.EventWrite((int)_end.DangerousGetHandle(), 1);
        if (Thread.CurrentThread != _thread)
        {
            _thread.Join();
            _end.Dispose();
            _memory?.Dispose();
        }
    }

    private void Look()
    {
        // What the runtime does once, it does before this thread goes before others.
        ulong left = _available();
        bool isOver = IsOver(0);
        GoBeforeOthers();
        while (!isOver)
        {
            if (left < Least)
            {
                _giveUp(left);
                break;
            }

            isOver = IsOver((int)Math.Clamp((left - Least) / TakenInMillisecond, 1, LongestSleep));
            left = _available();
        }

        // It has things to do when a thread ends, too.
        GoWithOthers();
    }

    private unsafe bool IsOver(int milliseconds)
    {
        PollEntry end = new() { File = (int)_end.DangerousGetHandle(), Events = LibC.PollIn };
        return LibC.Poll(&end, 1, milliseconds) > 0;
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
