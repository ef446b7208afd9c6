namespace Baton.Linux.Gathers;

/// <summary>
/// All pinned memory of one command. Another thread can give it back to the kernel at once, whoever is using it: the
/// addresses stay valid, with zeros behind them.
/// </summary>
/// <param name="compaction">The kernel's setting that is 0 while any of it is only locked; tests have their own.</param>
public sealed class HeldMemory(string compaction = KernelSetting.CompactUnevictable)
{
    private readonly Lock _lock = new();
    private readonly List<IHeldRegion> _regions = [];
    private long? _compactionBefore;
    private volatile bool _isGivenBack;

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
            KeepCompactionAway();
            region.Fill(this);
            region.Pin();
            ThrowIfGivenBack();
        }
        catch
        {
            Release(region);
            throw;
        }
    }

    /// <summary>Ends a region, its addresses with it.</summary>
    internal void Release(IHeldRegion region)
    {
        lock (_lock)
        {
            _regions.Remove(region);
            region.Dispose();
            if (_compactionBefore is { } before && !_regions.Exists(IsLocked))
            {
                KernelSetting.PutBack(compaction, before);
                _compactionBefore = null;
            }
        }
    }

    /// <summary>Gives back the pages of all regions; whoever asks for more or looks at them gets an error from now on.</summary>
    public void GiveBack()
    {
        _isGivenBack = true;
        lock (_lock)
        {
            foreach (IHeldRegion region in _regions)
            {
                region.Empty();
            }
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

    /// <summary>As long as any region is only locked; a kernel without the setting has no compaction.</summary>
    private void KeepCompactionAway()
    {
        lock (_lock)
        {
            if (_compactionBefore is null && _regions.Exists(IsLocked) && File.Exists(compaction))
            {
                _compactionBefore = KernelSetting.Exchange(compaction, 0);
            }
        }
    }

    private static bool IsLocked(IHeldRegion region) => region.Method == PinMethod.Lock;
}
