using Baton.Linux.Gathers;
using Baton.Linux.Kexec;

namespace Baton.Cli;

/// <summary>
/// Ends this process when others leave too little memory for what it holds, before the out-of-memory killer does: the
/// machine is as it was then, and the user is told why.
/// </summary>
/// <param name="calls">The system calls.</param>
/// <param name="held">What is held.</param>
/// <param name="environment">Where it is told.</param>
internal sealed class GatherGuard(IKexecCalls calls, HeldMemory held, CommandEnvironment environment) : IDisposable
{
    private const int FirstProcess = 1;

    private readonly SettingsAsFound _settings = new();
    private volatile bool _isLoaded;
    private MemoryWatch? _watch;

    /// <summary>Whether a list is loaded that is worth nothing without this process.</summary>
    public bool IsLoaded
    {
        get => _isLoaded;
        set => _isLoaded = value;
    }

    /// <summary>
    /// Begins to watch, once the kernel's reserve is what it will be: it counts against what is available. PID 1 cannot end, so
    /// that it has no guard.
    /// </summary>
    public void Watch()
    {
        if (Environment.ProcessId != FirstProcess)
        {
            _watch ??= new MemoryWatch(GiveUp);
        }
    }

    public void Dispose() => _watch?.Dispose();

    /// <summary>The memory comes first: what follows may need some, and putting the kernel's reserve back takes some.</summary>
    private void GiveUp(ulong left)
    {
        held.GiveBack();
        if (_isLoaded)
        {
            calls.Unload();
        }

        _settings.PutBack();
        environment.Error.WriteLine(
            $"{environment.Name}: others have taken memory, and only {left >> 20} MiB were left beside what was "
            + "held; nothing is loaded; stop something or make the image smaller");
        environment.Error.Flush();
        Environment.Exit(ExitCode.Unavailable);
    }
}
