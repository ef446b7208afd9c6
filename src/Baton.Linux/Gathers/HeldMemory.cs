namespace Baton.Linux.Gathers;

/// <summary>
/// All pinned memory of one command. Another thread can give it back to the kernel at once, whoever is using it: the
/// addresses stay valid, with zeros behind them.
/// </summary>
/// <param name="settings">The kernel's settings meanwhile; tests have their own.</param>
public sealed class HeldMemory(PinSettings? settings = null)
{
    /// <summary>Whoever has the lock runs meanwhile, also where the one who waits goes before it.</summary>
    private const int MillisecondsToWait = 1;

    private readonly PinSettings _settings = settings ?? new PinSettings();
    private readonly Lock _lock = new();
    private readonly List<IHeldRegion> _regions = [];
    private volatile bool _isGivenBack;

    /// <summary>What keeps the pages where they are, for people; those of files are not counted.</summary>
    public string Methods
    {
        get
        {
            List<string> names = [];
            lock (_lock)
            {
                foreach (IHeldRegion region in _regions)
                {
                    string name = PinMethods.NameOf(region.Method);
                    if (region is PinnedRegion && !names.Contains(name))
                    {
                        names.Add(name);
                    }
                }
            }

            return string.Join(" and ", names);
        }
    }

    /// <summary>Puts pages behind a region and pins them; if that fails, the region has ended.</summary>
    /// <exception cref="SystemCallException">That is not possible on this machine, or there is no memory.</exception>
    /// <exception cref="InsufficientMemoryException">All has been given back.</exception>
    /// <exception cref="UnauthorizedAccessException">The kernel's setting may not be changed.</exception>
    internal void Take(IHeldRegion region)
    {
        lock (_lock)
        {
            _regions.Add(region);
        }

        try
        {
            Change(() => _settings.Change(region.Method));
            region.Fill(this);

            // Pinning would put pages behind what another thread has just given back.
            ThrowIfGivenBack();
            region.Pin();
            ThrowIfGivenBack();
        }
        catch
        {
            Release(region);
            throw;
        }
    }

    /// <summary>
    /// Changes the kernel's settings, unless all has been given back: who does that puts the settings back as well and ends the
    /// process, so that what came later would stay.
    /// </summary>
    /// <exception cref="InsufficientMemoryException">All has been given back; nothing is changed.</exception>
    internal void Change(Action change)
    {
        lock (_lock)
        {
            ThrowIfGivenBack();
            change();
        }
    }

    /// <summary>Ends a region, its addresses with it.</summary>
    internal void Release(IHeldRegion region)
    {
        lock (_lock)
        {
            _regions.Remove(region);
            region.Dispose();
            if (!_regions.Exists(other => other.Method == region.Method))
            {
                _settings.PutBack(region.Method);
            }
        }
    }

    /// <summary>Gives a region's end back.</summary>
    /// <param name="region">The region.</param>
    /// <param name="length">Bytes of it that are still needed.</param>
    /// <exception cref="SystemCallException">What is left cannot be pinned.</exception>
    /// <exception cref="InsufficientMemoryException">All has been given back.</exception>
    internal void Shorten(PinnedRegion region, long length)
    {
        lock (_lock)
        {
            ThrowIfGivenBack();
            region.Shorten(length);
        }
    }

    /// <summary>Gives back the pages of all regions; whoever asks for more or looks at them gets an error from now on.</summary>
    public void GiveBack()
    {
        _isGivenBack = true;

        // To wait for a lock takes memory from the collector, which the watch must not (MemoryWatch).
        while (!_lock.TryEnter())
        {
            LibC.Nap(MillisecondsToWait);
        }

        try
        {
            foreach (IHeldRegion region in _regions)
            {
                region.Empty();
            }
        }
        finally
        {
            _lock.Exit();
        }
    }

    /// <exception cref="InsufficientMemoryException">All has been given back.</exception>
    internal void ThrowIfGivenBack()
    {
        if (_isGivenBack)
        {
            throw new InsufficientMemoryException(
                "memory ran short, and what was held has been given back; nothing is loaded");
        }
    }
}
