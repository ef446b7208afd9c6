using System.Runtime.InteropServices;
using Baton.Linux.Gathers;
using Baton.Linux.Kexec;

namespace Baton.Cli;

/// <summary>
/// Ends this process in good order while it gathers: when somebody interrupts it, and when others leave too little memory for
/// what it holds, before the out-of-memory killer does. The machine is as it was then, and the user is told why.
/// </summary>
/// <param name="calls">The system calls.</param>
/// <param name="held">What is held.</param>
/// <param name="environment">Where it is told.</param>
internal sealed class GatherGuard(IKexecCalls calls, HeldMemory held, CommandEnvironment environment) : IDisposable
{
    private const int FirstProcess = 1;

    private const int OnGuard = 0;
    private const int Ending = 1;
    private const int Over = 2;

    /// <summary>What a shell adds to the number of the signal that ended a process.</summary>
    private const int EndedBySignal = 128;

    private readonly SettingsAsFound _settings = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private volatile bool _isLoaded;
    private int _state = OnGuard;
    private MemoryWatch? _watch;

    /// <summary>Whether a list is loaded that is worth nothing without this process.</summary>
    public bool IsLoaded
    {
        get => _isLoaded;
        set => _isLoaded = value;
    }

    /// <summary>Puts the kernel's settings back that a gather has left that was killed, and says so.</summary>
    public static void PutBackAfterKill(CommandEnvironment environment)
    {
        foreach (string said in SettingsAsFound.PutBackAfterKill())
        {
            environment.Error.WriteLine($"{environment.Name}: {said}");
        }
    }

    /// <summary>Writes down the settings as they are, and is there for signals; before any setting is changed.</summary>
    public void Begin()
    {
        if (Environment.ProcessId == FirstProcess || _registrations.Count > 0)
        {
            return;
        }

        _settings.Keep();
        EndOn(PosixSignal.SIGHUP, 1);
        EndOn(PosixSignal.SIGINT, 2);
        EndOn(PosixSignal.SIGTERM, 15);
    }

    /// <summary>
    /// Begins to watch, once the kernel's reserve is what it will be: it counts against what is available. PID 1 cannot end, so
    /// that it has no guard.
    /// </summary>
    public void Watch()
    {
        if (Environment.ProcessId != FirstProcess)
        {
            _watch ??= new MemoryWatch(left => End(
                ExitCode.Unavailable,
                $"memory ran short: {left >> 20} MiB could be had beside what was held, and others go on taking theirs; "
                + "nothing is loaded; stop something or make the image smaller"));
        }
    }

    /// <summary>Ends the guard; who comes here while it ends the process does not come any further.</summary>
    public void Dispose()
    {
        int before = Interlocked.CompareExchange(ref _state, Over, OnGuard);
        if (before == Ending)
        {
            Thread.Sleep(Timeout.Infinite);
        }
        else if (before == Over)
        {
            return;
        }

        _watch?.Dispose();
        _registrations.ForEach(registration => registration.Dispose());
        if (_registrations.Count > 0)
        {
            _settings.Forget();
        }
    }

    private void EndOn(PosixSignal signal, int number) => _registrations.Add(PosixSignalRegistration.Create(
        signal,
        context =>
        {
            context.Cancel = true;
            End(EndedBySignal + number, "interrupted; nothing is loaded");
        }));

    /// <summary>The memory comes first: what follows may need some, and putting the kernel's reserve back takes some.</summary>
    private void End(int exitCode, string why)
    {
        if (Interlocked.CompareExchange(ref _state, Ending, OnGuard) != OnGuard)
        {
            return;
        }

        held.GiveBack();
        if (_isLoaded)
        {
            calls.Unload();
        }

        _settings.PutBack();
        environment.Error.WriteLine($"{environment.Name}: {why}");
        environment.Error.Flush();
        Environment.Exit(exitCode);
    }
}
