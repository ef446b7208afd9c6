using Baton.Machines;

namespace Baton.Linux.Gathers;

/// <summary>MemAvailable of this moment, in bytes.</summary>
public static class AvailableMemory
{
    private const string File = "/proc/meminfo";

    /// <summary>Reads it.</summary>
    public static ulong Read() => MemInfo.Parse(System.IO.File.ReadAllBytes(File), File).Available;

    /// <summary>Reads it when this process has given back what it does not need itself.</summary>
    public static ulong ReadAfterCollection()
    {
        // The collector keeps memory for the next objects, as much as the processor's cache: a tenth of a small machine.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return Read();
    }
}
