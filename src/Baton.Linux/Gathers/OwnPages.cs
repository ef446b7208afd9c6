using System.Globalization;

namespace Baton.Linux.Gathers;

/// <summary>
/// The pages that this program itself runs from. MemAvailable counts them as memory that can be had; a small machine in
/// which they are taken does nothing but read the program again.
/// </summary>
public static unsafe class OwnPages
{
    private const string Maps = "/proc/self/maps";

    /// <summary>Keeps in memory those that have been touched, and those that will be.</summary>
    public static void Keep() =>
        ForEach((address, length) => _ = LibC.MLock2((void*)address, length, LibC.MLockOnFault));

    /// <summary>
    /// Lets go of all, so that only what is needed from now on comes back, and page by page: code, and what the collector keeps
    /// for the next objects, as much as the processor's cache. What has been written to stays.
    /// </summary>
    public static void Release()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        ForEach((address, length) =>
        {
            _ = LibC.MUnlock((void*)address, length);
            _ = LibC.MAdvise((void*)address, length, LibC.MadvRandom);
            _ = LibC.MAdvise((void*)address, length, LibC.MadvPageOut);
        });
        Keep();
    }

    /// <summary>What cannot be done for a mapping is left undone: it costs memory, no more.</summary>
    private static void ForEach(Action<nuint, nuint> action)
    {
        string program = Environment.ProcessPath ?? "";
        foreach (string line in File.ReadAllLines(Maps))
        {
            // 00401000-01735000 r-xp 00001000 fe:00 1234   /path (Documentation/filesystems/proc.rst)
            if (program.Length > 0 && line.EndsWith(' ' + program, StringComparison.Ordinal))
            {
                int dash = line.IndexOf('-', StringComparison.Ordinal);
                int space = line.IndexOf(' ', StringComparison.Ordinal);
                nuint start = nuint.Parse(line[..dash], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                nuint end = nuint.Parse(line[(dash + 1)..space], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                action(start, end - start);
            }
        }
    }
}
