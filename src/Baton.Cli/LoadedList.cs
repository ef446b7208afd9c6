using Baton.Linux;
using Baton.Linux.Gathers;
using Baton.Linux.Kexec;

namespace Baton.Cli;

/// <summary>
/// The list of a gather in the kernel, which is worth nothing without this process: whoever ends the process meanwhile waits
/// until it is there, and unloads it, and as long as it is loaded the out-of-memory killer takes this process last.
/// </summary>
/// <param name="calls">The system calls.</param>
internal sealed class LoadedList(IKexecCalls calls) : IDisposable
{
    private const string Nothing = "nothing of it is loaded";
    private const string OfReplaced = "; the kernel that was loaded before is not any more, so load it again";

    private readonly Lock _lock = new();
    private OutOfMemory.Spared? _spared;
    private bool _isLoaded;
    private bool _hasBeen;

    /// <summary>Tells whether a kernel is loaded, in whose place the list would come; tests have their own.</summary>
    internal Func<bool?> IsAnyLoaded { get; init; } = LoadedNow.Read;

    /// <summary>Whether the list has taken the place of another kernel, from where it does not come back.</summary>
    public bool HasReplaced { get; private set; }

    /// <summary>Loads it.</summary>
    /// <param name="load">The system call.</param>
    /// <param name="isEnding">Whether the process is being ended, and nothing is to be loaded any more.</param>
    /// <returns>Whether it has been loaded.</returns>
    /// <exception cref="SystemCallException">The kernel refuses it; what was loaded before still is.</exception>
    public bool Load(Action load, Func<bool> isEnding)
    {
        lock (_lock)
        {
            if (isEnding())
            {
                return false;
            }

            _spared ??= OutOfMemory.SpareThisProcess();
            try
            {
                bool hadLoaded = !_isLoaded && IsAnyLoaded() == true;
                load();
                _isLoaded = _hasBeen = true;
                HasReplaced |= hadLoaded;
                return true;
            }
            finally
            {
                if (!_isLoaded)
                {
                    Unspare();
                }
            }
        }
    }

    /// <summary>Unloads it, if it is loaded.</summary>
    /// <exception cref="SystemCallException">The kernel refuses that.</exception>
    public void Unload()
    {
        lock (_lock)
        {
            if (_isLoaded)
            {
                calls.Unload();
                _isLoaded = false;
                Unspare();
            }
        }
    }

    /// <summary>Unloads it, if it is loaded and the kernel allows that.</summary>
    /// <returns>What has become of it, for people; null when it never was loaded.</returns>
    public string? Abandon()
    {
        try
        {
            Unload();
            return !_hasBeen ? null : HasReplaced ? $"{Nothing}{OfReplaced}" : Nothing;
        }
        catch (SystemCallException e)
        {
            return $"its list is still loaded ({e.Message}) and leads nowhere: \"baton unload\" before any jump and before any "
                + "restart by systemctl, which jumps; where that is refused, \"sync; echo b >/proc/sysrq-trigger\" restarts "
                + "without a jump";
        }
    }

    public void Dispose() => Unspare();

    private void Unspare()
    {
        _spared?.Dispose();
        _spared = null;
    }
}
