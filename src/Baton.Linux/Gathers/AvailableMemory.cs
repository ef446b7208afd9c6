using System.Buffers.Text;
using Baton.Machines;
using Microsoft.Win32.SafeHandles;

namespace Baton.Linux.Gathers;

/// <summary>
/// What can be had of the machine's memory at this moment. MemAvailable counts most of the kernel's own caches (slab),
/// which in a small machine cannot be had: its out-of-memory killer has been seen at 7 MiB "available". They are left out.
/// </summary>
public sealed class AvailableMemory : IDisposable
{
    /// <summary>Bytes to spare beside all that is expected from which on nothing is done to spare them.</summary>
    public const ulong Ample = 64 << 20;

    /// <summary>Bytes that can be had from which on a machine is no small one, where nobody knows how much is to come.</summary>
    public const ulong AmpleForAny = 1 << 30;

    private const string Totals = "/proc/meminfo";

    /// <summary>More than the lines that are wanted take; they are among the first 30.</summary>
    private const int TextLength = 2048;

    private readonly SafeFileHandle _totals = File.OpenHandle(Totals);
    private readonly SafeFileHandle? _reserve =
        File.Exists(KernelSetting.MinFree) ? File.OpenHandle(KernelSetting.MinFree) : null;

    /// <summary>Reads it once.</summary>
    /// <returns>Bytes.</returns>
    public static ulong Read()
    {
        using AvailableMemory memory = new();
        return memory.ReadAgain();
    }

    /// <summary>
    /// Reads it with this program's own pages kept, and, where it is less than is wanted, once more when this process and
    /// the kernel have given back what they do not need.
    /// </summary>
    /// <param name="wanted">Bytes.</param>
    public static ulong ReadFor(ulong wanted)
    {
        OwnPages.Keep();
        if (Read() is var available && available >= wanted)
        {
            return available;
        }

        OwnPages.Release();
        KernelCaches.Drop();
        return Read();
    }

    /// <summary>Reads it, for those who look often: no memory is taken.</summary>
    /// <returns>Bytes.</returns>
    public ulong ReadAgain()
    {
        Span<byte> text = stackalloc byte[TextLength];
        ulong reserve = 0;
        if (_reserve is { } setting
            && Utf8Parser.TryParse(text[..RandomAccess.Read(setting, text, 0)], out ulong kibibytes, out _))
        {
            reserve = kibibytes << 10;
        }

        text = text[..RandomAccess.Read(_totals, text, 0)];

        // Kernels before 3.14 have no estimate, and those before 4.20 no sum of all that can be reclaimed.
        ulong available = MemInfo.Find(text, "MemAvailable:"u8) ?? MemInfo.Find(text, "MemFree:"u8) ?? 0;
        ulong caches = MemInfo.Find(text, "KReclaimable:"u8) ?? MemInfo.Find(text, "SReclaimable:"u8) ?? 0;
        return MemoryTotals.CertainOf(available, caches, reserve);
    }

    public void Dispose()
    {
        _totals.Dispose();
        _reserve?.Dispose();
    }

    /// <summary>All that the kernel tells of its memory.</summary>
    internal static MemoryTotals ReadTotals() => MemInfo.Parse(File.ReadAllBytes(Totals), Totals);
}
