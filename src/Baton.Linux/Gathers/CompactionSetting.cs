namespace Baton.Linux.Gathers;

/// <summary>vm.compact_unevictable_allowed at 0, and at what it was before once this is disposed of.</summary>
internal sealed class CompactionSetting : IDisposable
{
    private const string File = "/proc/sys/vm/compact_unevictable_allowed";

    private readonly string _before = System.IO.File.ReadAllText(File).Trim();

    /// <exception cref="IOException">The kernel has no such setting.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public CompactionSetting() => System.IO.File.WriteAllText(File, "0");

    public void Dispose()
    {
        try
        {
            System.IO.File.WriteAllText(File, _before);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It could be set a moment ago; the machine then keeps the setting that moves less.
        }
    }
}
