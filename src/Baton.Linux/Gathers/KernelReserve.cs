namespace Baton.Linux.Gathers;

/// <summary>
/// Memory that the kernel keeps free for itself (vm.min_free_kbytes): with huge pages on it is raised to a twentieth of a
/// small machine. A machine that is about to be left does with what the kernel sets for its size without huge pages
/// (four times the root of its memory in KiB), and gets its own value back when the jump does not happen.
/// </summary>
public sealed class KernelReserve : IDisposable
{
    private readonly string _file;
    private KernelSetting? _setting;

    private KernelReserve(string file) => _file = file;

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
    /// <param name="file">The setting; tests have their own.</param>
    /// <exception cref="InsufficientMemoryException">All that was held has been given back, and the settings with it.</exception>
    public static KernelReserve Lower(HeldMemory held, string file = KernelSetting.MinFree)
    {
        ArgumentNullException.ThrowIfNull(held);
        KernelReserve reserve = new(file);
        held.Change(reserve.Lower);
        return reserve;
    }

    public void Dispose() => _setting?.Dispose();

    private void Lower()
    {
        try
        {
            if (KernelSetting.Read(_file) > Smallest())
            {
                _setting = new KernelSetting(_file, Smallest());
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Then the kernel keeps what it keeps.
        }
    }

    private static long Smallest() => (long)(4 * Math.Sqrt(AvailableMemory.ReadTotals().Total / 1024));
}
