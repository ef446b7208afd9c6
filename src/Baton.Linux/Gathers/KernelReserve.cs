namespace Baton.Linux.Gathers;

/// <summary>
/// Memory that the kernel keeps free for itself (vm.min_free_kbytes): with huge pages on it is raised to a twentieth of a
/// small machine. A machine that is about to be left does with what the kernel sets for its size without huge pages
/// (four times the root of its memory in KiB), and gets its own value back when the jump does not happen.
/// </summary>
/// <remarks>
/// When memory is in pieces, the kernel raises the reserve for a while by half as much again as its high watermark, and by a
/// page block at least (vm.watermark_boost_factor): up to 6 MiB in a small machine, of which MemAvailable tells nothing. It is
/// told not to, and forgets what it has raised when the reserve is set.
/// </remarks>
public sealed class KernelReserve : IDisposable
{
    private readonly string _file;
    private readonly string _boost;
    private readonly List<KernelSetting> _settings = [];

    private KernelReserve(string file, string boost)
    {
        _file = file;
        _boost = boost;
    }

    /// <summary>
    /// Bytes that become available when the reserve is lowered: MemAvailable counts neither it nor the half of it by which
    /// the kernel begins to reclaim earlier.
    /// </summary>
    public static ulong Releasable
    {
        get
        {
            try
            {
                return (ulong)Math.Max(0, KernelSetting.Read(KernelSetting.MinFree) - Smallest()) * 1024 * 3 / 2;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return 0;
            }
        }
    }

    /// <summary>Lowers the reserve, where that can be done.</summary>
    /// <param name="held">For what.</param>
    /// <param name="file">The reserve's setting; tests have their own.</param>
    /// <param name="boost">By how much it is raised for a while; tests have their own.</param>
    /// <exception cref="InsufficientMemoryException">All that was held has been given back, and the settings with it.</exception>
    public static KernelReserve Lower(
        HeldMemory held, string file = KernelSetting.MinFree, string boost = KernelSetting.ReserveBoost)
    {
        ArgumentNullException.ThrowIfNull(held);
        KernelReserve reserve = new(file, boost);
        held.Change(reserve.Lower);
        return reserve;
    }

    public void Dispose() => _settings.ForEach(setting => setting.Dispose());

    private void Lower()
    {
        LowerTo(0, _boost);
        LowerTo(Smallest(), _file);
    }

    private void LowerTo(long value, string file)
    {
        try
        {
            if (KernelSetting.Read(file) > value)
            {
                _settings.Add(new KernelSetting(file, value));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Then the kernel keeps what it keeps.
        }
    }

    private static long Smallest() => (long)(4 * Math.Sqrt(AvailableMemory.ReadTotals().Total / 1024));
}
