namespace Baton.Linux.Gathers;

/// <summary>
/// Takes pinned memory, region by region: only what the machine has to spare, by the first method that works, and where
/// memory is scarce in huge pages first.
/// </summary>
/// <param name="held">All that this command holds.</param>
/// <param name="method">How pages are pinned; null for the first way that works.</param>
/// <param name="available">Tells how many bytes can be had when so many are wanted.</param>
internal sealed class RegionTaker(HeldMemory held, PinMethod? method, Func<ulong, ulong> available)
{
    /// <summary>Left to the rest of the machine, beside what is taken.</summary>
    private const ulong Reserve = 4 << 20;

    private PinMethod? _method = method;
    private bool _areHugePagesSpent;

    /// <summary>Whether huge pages are taken where memory is scarce.</summary>
    public bool MayTakeHugePages { get; set; }

    /// <summary>Whether the machine has more to spare than anybody needs.</summary>
    public bool IsAmple => available(0) >= AvailableMemory.AmpleForAny;

    /// <summary>Takes a region.</summary>
    /// <param name="bytes">Whole pages. A region of huge pages may be shorter.</param>
    /// <param name="length">Bytes of the image that are in memory, for errors.</param>
    /// <param name="expected">Bytes that are still to come, these included; 0 when not known.</param>
    /// <exception cref="InsufficientMemoryException">The machine has no more to spare.</exception>
    /// <exception cref="SystemCallException">It cannot be pinned.</exception>
    public PinnedRegion Take(long bytes, long length, long expected)
    {
        if (IsScarce((ulong)expected) && TakeHuge(Math.Min(bytes, PinnedMemory.Step), length) is { } huge)
        {
            return huge;
        }

        ThrowIfScarce(bytes, length);
        return TakeAny(bytes);
    }

    /// <summary>Demands that the machine has so much to spare.</summary>
    /// <param name="bytes">What is to be taken.</param>
    /// <param name="length">Bytes of the image that are in memory, for errors.</param>
    /// <exception cref="InsufficientMemoryException">It has not.</exception>
    public void ThrowIfScarce(long bytes, long length)
    {
        ulong left = available((ulong)bytes + Reserve);
        if (left < (ulong)bytes + Reserve)
        {
            throw new InsufficientMemoryException(
                $"{length >> 20} MiB of the image are in memory, {bytes >> 20} MiB more are needed now and "
                + $"{left >> 20} MiB are available, of which {Reserve >> 20} MiB are left to the machine; "
                + "nothing is loaded; stop something or make the image smaller");
        }
    }

    /// <summary>Whether little is left, with or after what is expected.</summary>
    private bool IsScarce(ulong expected) => MayTakeHugePages && !_areHugePagesSpent
        && available(0) < (expected > 0 ? expected + AvailableMemory.Ample : AvailableMemory.AmpleForAny);

    /// <summary>As many as there are; they must lie together, which in a machine that has run for long few do.</summary>
    private PinnedRegion? TakeHuge(long bytes, long length)
    {
        for (long pages = bytes / PinnedRegion.HugePage; pages > 0; pages /= 2)
        {
            ThrowIfScarce(pages * PinnedRegion.HugePage, length);
            try
            {
                return TakeBy(PinMethod.HugePages, pages * PinnedRegion.HugePage);
            }
            catch (SystemCallException)
            {
                _areHugePagesSpent = pages == 1;
            }
        }

        return null;
    }

    /// <summary>By the method that has worked before, or else by the first that does.</summary>
    private PinnedRegion TakeAny(long bytes)
    {
        if (_method is { } chosen)
        {
            return TakeBy(chosen, bytes);
        }

        SystemCallException? first = null;
        foreach (PinMethod candidate in PinMethods.All)
        {
            try
            {
                PinnedRegion region = TakeBy(candidate, bytes);
                _method = candidate;
                return region;
            }
            catch (SystemCallException e)
            {
                first ??= e;
            }
        }

        throw first ?? throw new InvalidOperationException("there is no method");
    }

    private PinnedRegion TakeBy(PinMethod by, long bytes)
    {
        PinnedRegion region = PinnedRegion.Map(bytes, by);
        held.Take(region);
        return region;
    }
}
