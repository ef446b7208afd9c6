using System.Globalization;

namespace Baton.Linux.Gathers;

/// <summary>A number below /proc/sys or /sys that is set for a while, and what it was before once this is disposed of.</summary>
internal sealed class KernelSetting : IDisposable
{
    /// <summary>Whether compaction moves pages that are locked.</summary>
    public const string CompactUnevictable = "/proc/sys/vm/compact_unevictable_allowed";

    /// <summary>KiB that the kernel keeps free for itself.</summary>
    public const string MinFree = "/proc/sys/vm/min_free_kbytes";

    /// <summary>
    /// By how much of its high watermark, in 1/10,000, the kernel raises its reserve for a while when memory is in pieces; 0 for
    /// not at all (Documentation/admin-guide/sysctl/vm.rst, watermark_boost_factor; Linux 5.0).
    /// </summary>
    public const string ReserveBoost = "/proc/sys/vm/watermark_boost_factor";

    /// <summary>
    /// How many huge pages of 2 MiB the kernel makes of free memory for whoever asks, beside its pool; they are no pages of
    /// the pool any more once they are let go.
    /// </summary>
    public const string MoreHugePages = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_overcommit_hugepages";

    /// <summary>
    /// Whether the kernel lets seven of eight pages go in which it has its notes about a huge page (struct page; Linux 6.0).
    /// </summary>
    public const string FewerNotes = "/proc/sys/vm/hugetlb_optimize_vmemmap";

    private readonly long _before;

    /// <exception cref="IOException">The kernel has no such setting.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public KernelSetting(string file, long value)
    {
        File = file;
        _before = Read(file);
        Write(file, value);
    }

    /// <summary>Where it is.</summary>
    public string File { get; }

    /// <summary>What a setting is.</summary>
    /// <exception cref="IOException">The kernel has no such setting, or it is no number.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static long Read(string file) =>
        long.TryParse(System.IO.File.ReadAllText(file).Trim(), CultureInfo.InvariantCulture, out long value)
            ? value
            : throw new IOException($"{file} is no number");

    /// <summary>What a setting is; null when the kernel has none there, or it may not be read.</summary>
    public static long? TryRead(string file)
    {
        try
        {
            return Read(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <remarks>It could be set a moment ago, so that this hardly fails; what is noted is tried again.</remarks>
    public void Dispose() => PutBack(File, _before);

    /// <summary>Sets what was set before, if it is another value now and that can be done.</summary>
    /// <returns>Whether it is set.</returns>
    public static bool PutBack(string file, long value)
    {
        if (TryRead(file) == value)
        {
            return true;
        }

        try
        {
            Write(file, value);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static void Write(string file, long value) =>
        System.IO.File.WriteAllText(file, value.ToString(CultureInfo.InvariantCulture));
}
