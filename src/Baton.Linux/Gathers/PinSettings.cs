namespace Baton.Linux.Gathers;

/// <summary>The kernel's settings that are otherwise while pages are held, by what holds them.</summary>
/// <param name="compaction">Whether compaction moves pages that are locked; tests have their own.</param>
/// <param name="moreHugePages">How many huge pages are made of free memory; tests have their own.</param>
/// <param name="fewerNotes">Whether huge pages do with fewer notes; tests have their own.</param>
public sealed class PinSettings(
    string compaction = KernelSetting.CompactUnevictable,
    string moreHugePages = KernelSetting.MoreHugePages,
    string fewerNotes = KernelSetting.FewerNotes)
{
    /// <summary>More huge pages of 2 MiB than any machine has.</summary>
    private const long AnyNumber = 1 << 30;

    private readonly List<KernelSetting> _whileLocked = [];
    private readonly List<KernelSetting> _whileHuge = [];

    /// <summary>Has the kernel do what a method needs, if it does not yet.</summary>
    /// <exception cref="IOException">A setting is no number.</exception>
    /// <exception cref="UnauthorizedAccessException">Locked pages would be moved, and that may not be changed.</exception>
    internal void Change(PinMethod method)
    {
        if (method == PinMethod.Lock)
        {
            // A kernel without the setting has no compaction.
            Set(_whileLocked, compaction, 0);
        }
        else if (method == PinMethod.HugePages)
        {
            try
            {
                Set(_whileHuge, fewerNotes, 1);
                Set(_whileHuge, moreHugePages, AnyNumber);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Then there are those that the pool has.
            }
        }
    }

    /// <summary>What a method needed is not needed any more.</summary>
    internal void PutBack(PinMethod method)
    {
        List<KernelSetting> settings = method == PinMethod.Lock ? _whileLocked : _whileHuge;
        if (method != PinMethod.IoUring)
        {
            settings.ForEach(setting => setting.Dispose());
            settings.Clear();
        }
    }

    private static void Set(List<KernelSetting> settings, string file, long value)
    {
        if (!settings.Exists(setting => setting.File == file) && File.Exists(file))
        {
            settings.Add(new KernelSetting(file, value));
        }
    }
}
