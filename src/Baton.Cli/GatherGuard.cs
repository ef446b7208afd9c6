using System.Runtime.InteropServices;
using Baton.Linux;
using Baton.Linux.Gathers;
using Baton.Linux.Power;

namespace Baton.Cli;

/// <summary>
/// Ends this process in good order while it gathers: when somebody interrupts it, and when others leave too little memory for
/// what it holds, before the out-of-memory killer does. The machine is as it was then, and the user is told why.
/// </summary>
/// <param name="list">The list that it may have loaded.</param>
/// <param name="held">What is held.</param>
/// <param name="environment">Where it is told.</param>
internal sealed class GatherGuard(LoadedList list, HeldMemory held, CommandEnvironment environment) : IDisposable
{
    private const int FirstProcess = 1;

    private const int OnGuard = 0;
    private const int Handed = 1;
    private const int Ending = 2;
    private const int Over = 3;

    /// <summary>What ends a process as well: SIGUSR1, SIGUSR2, SIGALRM and SIGXCPU (signal(7)).</summary>
    private static readonly int[] Others = [10, 12, 14, 24];

    /// <summary>What a shell adds to the number of the signal that ended a process.</summary>
    private const int EndedBySignal = 128;

    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _state = OnGuard;
    private ulong _left;
    private MemoryWatch? _watch;
    private Uninterrupted? _unstopped;

    /// <summary>The kernel's settings before; tests have their own.</summary>
    internal SettingsAsFound Settings { get; init; } = new();

    /// <summary>Tells the bytes of memory that can be had; tests have their own.</summary>
    internal Func<ulong>? Available { get; init; }

    /// <summary>Ends the process; tests go on.</summary>
    internal Action<int> Exit { get; init; } = Environment.Exit;

    /// <summary>Done when the process is being ended, once what is held has been given back; null for nothing.</summary>
    public Action? GivenUp { get; set; }

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

        if (!Settings.Keep())
        {
            throw new CommandException(
                ExitCode.Unavailable,
                "nothing was loaded: another baton holds memory for a handoff and has changed the kernel's settings for it; "
                + "wait until it is done, or end it");
        }

        Tell(Settings.PutBackFirst, environment);
        EndOn(PosixSignal.SIGHUP, 1);
        EndOn(PosixSignal.SIGINT, 2);
        EndOn(PosixSignal.SIGQUIT, 3);
        EndOn(PosixSignal.SIGTERM, 15);
        foreach (int number in Others)
        {
            EndOn((PosixSignal)number, number);
        }

        // Who is stopped holds the memory all the same, and its watch does not look.
        _unstopped = Uninterrupted.ByTerminals();
    }

    /// <summary>Begins, and watches before anything is held.</summary>
    /// <param name="spare">
    /// What lowers the kernel's reserve first where little is left: what is in it does not count as available, and the first look
    /// would end a process that need not end. Null for one that leaves the reserve as it is.
    /// </param>
    /// <exception cref="CommandException">Another process does the same.</exception>
    public void BeginHolding(SpareMemory? spare)
    {
        Begin();
        spare?.LowerWhereScarce();

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

    /// <summary>Loads the list. This does not return once the process is being ended.</summary>
    /// <exception cref="SystemCallException">The kernel refuses it; what was loaded before still is.</exception>
    public void Load(Action load)
    {
        if (!list.Load(load, () => Volatile.Read(ref _state) == Ending))
        {
            Thread.Sleep(Timeout.Infinite);
        }
    }

    /// <summary>Unloads the list, if it is loaded.</summary>
    /// <exception cref="SystemCallException">The kernel refuses that.</exception>
    public void Unload() => list.Unload();

    /// <summary>
    /// Unloads the list when there is no jump, as far as the kernel allows. This does not return once the process is being ended.
    /// </summary>
    /// <returns>What has become of the list; null when there was none.</returns>
    public string? Abandon()
    {
        if (Volatile.Read(ref _state) == Ending)
        {
            Thread.Sleep(Timeout.Infinite);
        }

        return list.Abandon();
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
        if (_registrations.Count > 0)
        {
            Unregister();
            Tell(Settings.PutBack(), environment);
        }

        list.Dispose();
        Settings.Dispose();
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

    /// <summary>Signals are the runtime's again; also for tests, in which the process goes on.</summary>
    internal void Unregister()
    {
        _registrations.ForEach(registration => registration.Dispose());
        _registrations.Clear();
        _unstopped?.Dispose();
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
            : list.Abandon() ?? "nothing was loaded";

        // To put the kernel's reserve back takes memory, and what is held is here still.
        bool isLeftChanged = before == Handed && interruption is null && Settings.AreChanged;
        IReadOnlyList<string> failed = isLeftChanged ? [] : Settings.PutBack();
        Progress.End(environment);
        environment.Error.WriteLine($"{environment.Name}: {why}; {state}");
        Tell(failed, environment);
        GivenUp?.Invoke();
        if (isLeftChanged)
        {
            environment.Error.WriteLine(
                $"{environment.Name}: the kernel's settings are still changed; the next \"baton load\", \"run\" or \"unload\" "
                + "puts them back");
        }

        environment.Error.Flush();
        Exit(exitCode);
    }
}
