namespace Baton.Linux.Gathers;

/// <summary>
/// All pinned memory of one command. Another thread can give it back to the kernel at once, whoever is using it: the
/// addresses stay valid, with zeros behind them.
/// </summary>
public sealed class HeldMemory
{
    private readonly Lock _lock = new();
    private readonly List<PinnedRegion> _regions = [];
    private volatile bool _isGivenBack;

    /// <summary>Takes memory and pins it.</summary>
    /// <exception cref="SystemCallException">That is not possible on this machine, or there is no memory.</exception>
    /// <exception cref="InsufficientMemoryException">All has been given back.</exception>
    internal PinnedRegion Take(long length, PinMethod method)
    {
        PinnedRegion region = PinnedRegion.Map(length, method);
        lock (_lock)
        {
            _regions.Add(region);
        }

        try
        {
            region.Fill(this);
            region.Pin();
            ThrowIfGivenBack();
            return region;
        }
        catch
        {
            Release(region);
            throw;
        }
    }

    /// <summary>Ends a region, its addresses with it.</summary>
    internal void Release(PinnedRegion region)
    {
        lock (_lock)
        {
            _regions.Remove(region);
            region.Dispose();
        }
    }

    /// <summary>Gives back the pages of all regions; whoever asks for more or looks at them gets an error from now on.</summary>
    public void GiveBack()
    {
        _isGivenBack = true;
        lock (_lock)
        {
            foreach (PinnedRegion region in _regions)
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
}
