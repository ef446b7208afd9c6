using Baton.Machines;
using Microsoft.Win32.SafeHandles;

namespace Baton.Linux.Gathers;

/// <summary>
/// What can be had of the machine's memory at this moment. MemAvailable counts most of the kernel's own caches (slab),
/// which in a small machine cannot be had: its out-of-memory killer has been seen at 7 MiB "available". They are left out.
/// </summary>
public static class AvailableMemory
{
    private const string Totals = "/proc/meminfo";

    /// <summary>More than the lines that are wanted take; they are among the first 30.</summary>
    private const int TextLength = 2048;

    /// <summary>Opens the file, for those who look often.</summary>
    public static SafeFileHandle Open() => File.OpenHandle(Totals);

    /// <summary>Reads it once.</summary>
    /// <returns>Bytes: MemAvailable without KReclaimable.</returns>
    public static ulong Read()
    {
        using SafeFileHandle file = Open();
        return Read(file);
    }

    /// <summary>Reads it from the open file, without taking any memory.</summary>
    /// <returns>Bytes: MemAvailable without KReclaimable.</returns>
    public static ulong Read(SafeFileHandle file)
    {
        Span<byte> text = stackalloc byte[TextLength];
        text = text[..RandomAccess.Read(file, text, 0)];

        // Kernels before 3.14 have no estimate, and those before 4.20 no sum of all that can be reclaimed.
        ulong available = MemInfo.Find(text, "MemAvailable:"u8) ?? MemInfo.Find(text, "MemFree:"u8) ?? 0;
        ulong caches = MemInfo.Find(text, "KReclaimable:"u8) ?? MemInfo.Find(text, "SReclaimable:"u8) ?? 0;
        return MemoryTotals.CertainOf(available, caches);
    }

    /// <summary>All that the kernel tells of its memory.</summary>
    internal static MemoryTotals ReadTotals() => MemInfo.Parse(File.ReadAllBytes(Totals), Totals);

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
}
