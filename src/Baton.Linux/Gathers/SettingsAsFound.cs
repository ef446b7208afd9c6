namespace Baton.Linux.Gathers;

/// <summary>
/// The kernel's settings that a gather changes, as they were before: for a process that ends in the middle, where nobody
/// disposes of anything.
/// </summary>
public sealed class SettingsAsFound
{
    private readonly Dictionary<string, long> _values = [];

    /// <summary>Reads them; those that the kernel does not have are left out.</summary>
    public SettingsAsFound()
    {
        foreach (string file in (string[])[KernelSetting.CompactUnevictable, KernelSetting.MinFree])
        {
            try
            {
                _values[file] = KernelSetting.Read(file);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Then it cannot be changed either.
            }
        }
    }

    /// <summary>Puts them back.</summary>
    public void PutBack()
    {
        foreach ((string file, long value) in _values)
        {
            KernelSetting.PutBack(file, value);
        }
    }
}
