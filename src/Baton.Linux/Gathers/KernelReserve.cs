namespace Baton.Linux.Gathers;

/// <summary>
/// Memory that the kernel keeps free for itself (vm.min_free_kbytes): with huge pages on it is raised to a twentieth of a
/// small machine. A machine that is about to be left needs less, and gets its own value back when the jump does not happen.
/// </summary>
public sealed class KernelReserve : IDisposable
{
    /// <summary>KiB that are left to the kernel: what a machine of some hundred MiB has without huge pages.</summary>
    private const long Smallest = 3 << 10;

    private readonly KernelSetting? _setting;

    private KernelReserve(KernelSetting? setting) => _setting = setting;

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
                return (ulong)Math.Max(0, KernelSetting.Read(KernelSetting.MinFree) - Smallest) * 1024 * 3 / 2;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return 0;
            }
        }
    }

    /// <summary>Lowers the reserve, where that can be done.</summary>
    public static KernelReserve Lower()
    {
        try
        {
            return new KernelReserve(Releasable > 0 ? new KernelSetting(KernelSetting.MinFree, Smallest) : null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new KernelReserve(null);
        }
    }

    public void Dispose() => _setting?.Dispose();
}
