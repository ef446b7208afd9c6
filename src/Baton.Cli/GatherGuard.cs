using System.Runtime.InteropServices;
using Baton.Linux;
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
    /// <summary>What has to be said when nothing is loaded, and something was.</summary>
    public const string OfReplaced = "; the kernel that was loaded before is not any more, so load it again";

    private const int FirstProcess = 1;

    private const int OnGuard = 0;
    private const int Ending = 1;
    private const int Over = 2;

    /// <summary>What a shell adds to the number of the signal that ended a process.</summary>
    private const int EndedBySignal = 128;

    private readonly SettingsAsFound _settings = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly Lock _loading = new();
    private volatile bool _isHanded;
    private bool _isLoaded;
    private int _state = OnGuard;
    private MemoryWatch? _watch;

    /// <summary>Whether a kernel was loaded before, in whose place the list comes; null where nobody tells.</summary>
    public bool? HadLoaded { get; set; }

    /// <summary>Whether the list has taken that kernel's place, from where it does not come back.</summary>
    public bool HasReplaced { get; private set; }

    /// <summary>Puts the kernel's settings back that a gather has left that was killed, and says so.</summary>
    public static void PutBackAfterKill(CommandEnvironment environment)
    {
        foreach (string said in SettingsAsFound.PutBackAfterKill())
        {
            environment.Error.WriteLine($"{environment.Name}: {said}");
        }
    }

    /// <summary>Writes down the settings as they are, and is there for signals; before any setting is changed.</summary>
    /// <exception cref="CommandException">Another process does the same.</exception>
    public void Begin()
    {
        if (Environment.ProcessId == FirstProcess || _registrations.Count > 0)
        {
            return;
        }

        if (!_settings.Keep())
        {
            throw new CommandException(
                ExitCode.Unavailable,
                "nothing was loaded: another baton holds memory for a handoff and has changed the kernel's settings for it; "
                + "wait until it is done, or end it");
        }

        EndOn(PosixSignal.SIGHUP, 1);
        EndOn(PosixSignal.SIGINT, 2);
        EndOn(PosixSignal.SIGTERM, 15);
    }

    /// <summary>Begins and watches at once, for memory that grows as data arrive.</summary>
    /// <exception cref="CommandException">Another process does the same.</exception>
    public void BeginStreams()
    {
        Begin();

        // What is kept the kernel cannot take back, and it may have nothing else: that comes when it is watched.
        Watch();
        OwnPages.Keep();
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
                $"memory ran short: {left >> 20} MiB could be had beside what was held, and others go on taking theirs, "
                + "so stop something or make the image smaller"));
        }
    }

    /// <summary>
    /// Loads a list that is worth nothing without this process: whoever ends the process meanwhile waits until it is there, and
    /// unloads it. This does not return once the process is being ended.
    /// </summary>
    /// <exception cref="SystemCallException">The kernel refuses it; what was loaded before still is.</exception>
    public void Load(Action load)
    {
        lock (_loading)
        {
            if (Volatile.Read(ref _state) != Ending)
            {
                load();
                _isLoaded = true;
                HasReplaced = HadLoaded == true;
                return;
            }
        }

        Thread.Sleep(Timeout.Infinite);
    }

    /// <summary>Unloads the list, if it is loaded.</summary>
    /// <exception cref="SystemCallException">The kernel refuses that.</exception>
    public void Unload()
    {
        lock (_loading)
        {
            if (_isLoaded)
            {
                calls.Unload();
                _isLoaded = false;
            }
        }
    }

    /// <summary>The kernel is about to take a copy, which stays when this process ends.</summary>
    public void Hand() => _isHanded = true;

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

        _settings.Dispose();
    }

    private void EndOn(PosixSignal signal, int number) => _registrations.Add(PosixSignalRegistration.Create(
        signal,
        context =>
        {
            context.Cancel = true;
            End(EndedBySignal + number, "interrupted");
        }));

    /// <summary>The memory comes first: what follows may need some, and putting the kernel's reserve back takes some.</summary>
    private void End(int exitCode, string why)
    {
        if (Interlocked.CompareExchange(ref _state, Ending, OnGuard) != OnGuard)
        {
            return;
        }

        held.GiveBack();
        MemoryWatch.GoWithOthers();
        string state = StateAtEnd();
        _settings.PutBack();
        environment.Error.WriteLine($"{environment.Name}: {why}; {state}");
        environment.Error.Flush();
        Environment.Exit(exitCode);
    }

    private string StateAtEnd()
    {
        if (_isHanded)
        {
            return "the kernel was about to take it; \"baton status\" tells whether it has";
        }

        try
        {
            Unload();
            return HasReplaced ? $"nothing is loaded{OfReplaced}" : "nothing was loaded";
        }
        catch (SystemCallException e)
        {
            return $"its list is still loaded ({e.Message}) and leads nowhere: do not jump, but \"baton unload\" first";
        }
    }
}
