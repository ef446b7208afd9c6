using Baton.Machines;

namespace Baton.Linux.Gathers;

/// <summary>MemAvailable of this moment, in bytes.</summary>
public static class AvailableMemory
{
    private const string File = "/proc/meminfo";

    /// <summary>Reads it.</summary>
    public static ulong Read() => ReadTotals().Available;

    /// <summary>All that the kernel tells of its memory.</summary>
    internal static MemoryTotals ReadTotals() => MemInfo.Parse(System.IO.File.ReadAllBytes(File), File);

    /// <summary>
    /// Reads it with this program's own pages kept, and, where it is less than is wanted, once more when this process has
    /// given back what it does not need.
    /// </summary>
    /// <param name="wanted">Bytes.</param>
    public static ulong ReadFor(ulong wanted)
    {
        OwnPages.Keep();
        if (Read() is var available && available >= wanted)
        {
            return available;
        }

        // The collector keeps memory for the next objects, as much as the processor's cache: a tenth of a small machine.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        OwnPages.Drop();
        OwnPages.Keep();
        return Read();
    }
}
