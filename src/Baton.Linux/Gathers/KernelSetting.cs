using System.Globalization;

namespace Baton.Linux.Gathers;

/// <summary>A number below /proc/sys that is set for a while, and what it was before once this is disposed of.</summary>
internal sealed class KernelSetting : IDisposable
{
    /// <summary>Whether compaction moves pages that are locked.</summary>
    public const string CompactUnevictable = "/proc/sys/vm/compact_unevictable_allowed";

    /// <summary>KiB that the kernel keeps free for itself.</summary>
    public const string MinFree = "/proc/sys/vm/min_free_kbytes";

    private readonly string _file;
    private readonly long _before;

    /// <exception cref="IOException">The kernel has no such setting.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public KernelSetting(string file, long value)
    {
        _file = file;
        _before = Exchange(file, value);
    }

    /// <summary>Sets it.</summary>
    /// <returns>What it was before.</returns>
    /// <exception cref="IOException">The kernel has no such setting.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static long Exchange(string file, long value)
    {
        long before = Read(file);
        Write(file, value);
        return before;
    }

    /// <summary>What a setting is.</summary>
    /// <exception cref="IOException">The kernel has no such setting, or it is no number.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static long Read(string file) =>
        long.TryParse(File.ReadAllText(file).Trim(), CultureInfo.InvariantCulture, out long value)
            ? value
            : throw new IOException($"{file} is no number");

    public void Dispose() => PutBack(_file, _before);

    /// <summary>Sets what was set before, if that can be done.</summary>
    public static void PutBack(string file, long value)
    {
        try
        {
            Write(file, value);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It could be set a moment ago, so that this does not happen; the machine runs with the other value as well.
        }
    }

    private static void Write(string file, long value) =>
        File.WriteAllText(file, value.ToString(CultureInfo.InvariantCulture));
}
