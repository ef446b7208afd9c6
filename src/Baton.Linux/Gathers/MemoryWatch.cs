namespace Baton.Linux.Gathers;

/// <summary>
/// Looks at the machine's memory while much of it is held: others go on taking theirs, and when too little is left, the
/// holder gives up before the out-of-memory killer has to choose.
/// </summary>
public sealed class MemoryWatch : IDisposable
{
    /// <summary>Bytes available (MemAvailable) below which the holder gives up.</summary>
    public const ulong Least = 3 << 20;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    private readonly Action<ulong> _giveUp;
    private readonly Func<ulong> _available;
    private readonly ManualResetEventSlim _end = new();
    private readonly Thread _thread;

    /// <param name="giveUp">Is called once, on a thread of its own, with the bytes that are left.</param>
    /// <param name="available">Tells MemAvailable; tests have their own.</param>
    public MemoryWatch(Action<ulong> giveUp, Func<ulong>? available = null)
    {
        _giveUp = giveUp;
        _available = available ?? AvailableMemory.Read;
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
        }
    }

    private void Look()
    {
        while (!_end.Wait(Interval))
        {
            if (_available() is var left && left < Least)
            {
                _giveUp(left);
                return;
            }
        }
    }
}
