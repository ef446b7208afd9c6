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
    private const int Handed = 1;
    private const int Ending = 2;
    private const int Over = 3;

    /// <summary>SIGTSTP (signal(7)); its name is not known on every platform that the base library is for.</summary>
    private const PosixSignal Stop = (PosixSignal)20;

    /// <summary>What a shell adds to the number of the signal that ended a process.</summary>
    private const int EndedBySignal = 128;

    private readonly SettingsAsFound _settings = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly Lock _loading = new();
    private OutOfMemory.Spared? _spared;
    private bool _isLoaded;
    private int _state = OnGuard;
    private ulong _left;
    private MemoryWatch? _watch;

    /// <summary>Tells the bytes of memory that can be had; tests have their own.</summary>
    internal Func<ulong>? Available { get; init; }

    /// <summary>Ends the process; tests go on.</summary>
    internal Action<int> Exit { get; init; } = Environment.Exit;

    /// <summary>Whether a kernel was loaded before, in whose place the list comes; null where nobody tells.</summary>
    public bool? HadLoaded { get; set; }

    /// <summary>Whether the list has taken that kernel's place, from where it does not come back.</summary>
    public bool HasReplaced { get; private set; }

    /// <summary>Puts the kernel's settings back that a gather has left that was killed, and says so.</summary>
    public static void PutBackAfterKill(CommandEnvironment environment) =>
        Tell(SettingsAsFound.PutBackAfterKill(), environment);

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

        Tell(_settings.PutBackFirst, environment);
        EndOn(PosixSignal.SIGHUP, 1);
        EndOn(PosixSignal.SIGINT, 2);
        EndOn(PosixSignal.SIGQUIT, 3);
        EndOn(PosixSignal.SIGTERM, 15);

        // Who is stopped holds the memory all the same, and its watch does not look.
        _registrations.Add(PosixSignalRegistration.Create(Stop, context => context.Cancel = true));
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
            _watch ??= new MemoryWatch(
                left =>
                {
                    _left = left;
                    End(ExitCode.Unavailable, interruption: null);
                },
                Available);
        }
    }

    /// <summary>
    /// Loads a list that is worth nothing without this process: whoever ends the process meanwhile waits until it is there, and
    /// unloads it, and as long as it is loaded the out-of-memory killer takes this process last. This does not return once the
    /// process is being ended.
    /// </summary>
    /// <exception cref="SystemCallException">The kernel refuses it; what was loaded before still is.</exception>
    public void Load(Action load)
    {
        lock (_loading)
        {
            if (Volatile.Read(ref _state) != Ending)
            {
                _spared ??= OutOfMemory.SpareThisProcess();
                try
                {
                    load();
                    _isLoaded = true;
                    HasReplaced = HadLoaded == true;
                }
                finally
                {
                    if (!_isLoaded)
                    {
                        Unspare();
                    }
                }

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
                Unspare();
            }
        }
    }

    /// <summary>
    /// Unloads the list when there is no jump, as far as the kernel allows. This does not return once the process is being ended.
    /// </summary>
    /// <returns>What has to be said of it; null for nothing.</returns>
    public string? Abandon()
    {
        if (Volatile.Read(ref _state) == Ending)
        {
            Thread.Sleep(Timeout.Infinite);
        }

        string state = StateAtEnd(out bool isPlain);
        return isPlain ? null : state;
    }

    /// <summary>
    /// The kernel is about to take a copy, which stays when this process ends: from now on what is held is not given back under
    /// its eyes, but ends with the process. This does not return once the process is being ended.
    /// </summary>
    public void Hand()
    {
        if (Advance(Handed) == Ending)
        {
            Thread.Sleep(Timeout.Infinite);
        }
    }

    /// <summary>
    /// From here on nobody ends this process: signals come to nothing, and memory is no longer watched. The settings stay noted,
    /// since they are still changed. This does not return once the process is being ended.
    /// </summary>
    public void StandDown()
    {
        if (Advance(Over) == Ending)
        {
            Thread.Sleep(Timeout.Infinite);
        }

        _watch?.Dispose();
        _watch = null;
    }

    /// <summary>Ends the guard; who comes here while it ends the process does not come any further.</summary>
    public void Dispose()
    {
        StandDown();
        _registrations.ForEach(registration => registration.Dispose());
        if (_registrations.Count > 0)
        {
            _settings.Forget();
            _registrations.Clear();
        }

        Unspare();
        _settings.Dispose();
    }

    /// <summary>Goes on to a state, unless the process is being ended or nobody is on guard any more.</summary>
    /// <returns>The state before.</returns>
    private int Advance(int state)
    {
        int now;
        do
        {
            now = Volatile.Read(ref _state);
        }
        while (now < Ending && Interlocked.CompareExchange(ref _state, state, now) != now);

        return now;
    }

    private void Unspare()
    {
        _spared?.Dispose();
        _spared = null;
    }

    private static void Tell(IEnumerable<string> sentences, CommandEnvironment environment)
    {
        foreach (string sentence in sentences)
        {
            environment.Error.WriteLine($"{environment.Name}: {sentence}");
        }
    }

    private void EndOn(PosixSignal signal, int number) => _registrations.Add(PosixSignalRegistration.Create(
        signal,
        context =>
        {
            context.Cancel = true;
            End(EndedBySignal + number, "interrupted");
        }));

    /// <summary>The memory comes first: what follows may need some, and putting the kernel's reserve back takes some.</summary>
    /// <param name="exitCode">What the process ends with.</param>
    /// <param name="interruption">Who ends it; null for the watch, for which a sentence would take memory too early.</param>
    private void End(int exitCode, string? interruption)
    {
        int before = Advance(Ending);
        if (before is not (OnGuard or Handed))
        {
            return;
        }

        // Under the eyes of a kernel that is copying, pages of zeros would become part of what it loads.
        if (before == OnGuard)
        {
            held.GiveBack();
        }

        MemoryWatch.GoWithOthers();
        string why = interruption
            ?? $"memory ran short: {_left >> 20} MiB could be had beside what was held, and others go on taking theirs, "
            + "so stop something or make the image smaller";
        string state = before == Handed
            ? "the kernel was about to take it; \"baton status\" tells whether it has"
            : StateAtEnd(out _);
        _settings.PutBack();
        Progress.End(environment);
        environment.Error.WriteLine($"{environment.Name}: {why}; {state}");
        environment.Error.Flush();
        Exit(exitCode);
    }

    private string StateAtEnd(out bool isPlain)
    {
        isPlain = false;
        try
        {
            Unload();
            isPlain = !HasReplaced;
            return HasReplaced ? $"nothing is loaded{OfReplaced}" : "nothing was loaded";
        }
        catch (SystemCallException e)
        {
            return $"its list is still loaded ({e.Message}) and leads nowhere: do not jump, but \"baton unload\" first";
        }
    }
}
