using System.Diagnostics;
using System.Globalization;
using Baton.Cli.Commands;
using Baton.Cli.Planned;
using Baton.Gathers;
using Baton.Handoffs;
using Baton.Linux;
using Baton.Linux.Gathers;
using Baton.Linux.Kexec;
using Baton.Linux.Power;
using Baton.Reports;

namespace Baton.Cli;

/// <summary>
/// Load and jump in one process, which holds the image until then: pages are filled and pinned, relocator and list made
/// for them and proved. They are loaded as the last thing before the jump: a list that outlives this process leads to
/// pages that are somebody else's by then.
/// </summary>
internal sealed class GatherRun : ILastSteps
{
    /// <summary>How the line begins that says that the list is loaded.</summary>
    public const string Loaded = "loaded a list of ";

    /// <summary>How often the list is made anew when pages have moved.</summary>
    public const int MostRebuilds = 3;

    private readonly PreparedHandoff _prepared;
    private readonly GatherGuard _guard;
    private readonly CommandEnvironment _environment;
    private readonly bool _isProved;
    private readonly bool _isTight;
    private readonly GatherCarrier _carrier;
    private GatheredHandoff _gathered;

    private GatherRun(
        PreparedHandoff prepared,
        HeldImage image,
        bool isProved,
        bool isTight,
        IKexecCalls calls,
        GatherGuard guard,
        CommandEnvironment environment)
    {
        _prepared = prepared;
        _isTight = isTight;
        _guard = guard;
        // The image is held: that nobody can be told any more is no reason to let it go.
        _environment = environment with { Output = new UnfailingWriter(environment.Output) };
        _isProved = isProved;
        _carrier = new GatherCarrier(prepared.Machine, image, calls);
        _gathered = Plan();
    }

    /// <summary>Returns only when something prevents the jump; nothing is loaded then.</summary>
    public static int Run(
        HandoffRequest request,
        PreparedHandoff prepared,
        bool isProved,
        Departure departure,
        IKexecCalls calls,
        GatherGuard guard,
        CommandEnvironment environment)
    {
        ulong peak = Preflight.GatherPeak(prepared.Handoff.LoadedBytes, prepared.HeldBytes);
        bool isTight = peak + AvailableMemory.Ample > AvailableMemory.Read();
        guard.Begin();
        using KernelReserve? lowered = isTight ? KernelReserve.Lower(request.Held) : null;
        guard.Watch();
        string toRead = Sizes.Of(prepared.Handoff.LoadedBytes - prepared.InPlace.Bytes);
        HeldImage? held = null;
        TimeSpan time = Progress.Run(
            environment,
            $"reading {toRead} into the pages from which they are handed over",
            () => held = HeldImage.Hold(prepared.Handoff, prepared.InPlace, request.Held, request.Pin, isTight));
        ulong left = AvailableMemory.Read();
        using HeldImage image = held!;
        prepared.Inputs.CheckDigests(piece => image.Sha256Of(
            prepared.Handoff.Segments.First(segment => segment.Name == piece.Segment).Destination.Start + (ulong)piece.Offset,
            piece.Length));
        GatherRun run = new(prepared, image, isProved, isTight, calls, guard, environment);
        environment.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"gathered {prepared.Inputs.KernelFile.Name} ({prepared.Image.Version}): {HowHeld(prepared, image, request.Held)} in "
            + $"{time.TotalSeconds:0.00} s, {Sizes.Of(left)} left ({prepared.Carrier.Reason})"));
        NextBootFile nextBoot = new(prepared.NextBoot, environment);
        guard.GivenUp = () => nextBoot.PutBack(environment.Error);
        return ExecCommand.Leave(departure, environment, nextBoot, run);
    }

    private static string HowHeld(PreparedHandoff prepared, HeldImage image, HeldMemory held)
    {
        string read = $"{Sizes.Of(prepared.Handoff.LoadedBytes - image.InPlaceBytes)} read into pages "
            + $"pinned by {held.Methods}";
        return image.InPlaceBytes == 0 ? read : $"{Sizes.Of(image.InPlaceBytes)} left where they lie in memory, {read}";
    }

    /// <summary>Whether systemd can stop its units and the kernel takes the list is asked before any process is ended.</summary>
    public void Rehearse()
    {
        DemandMemoryForUnits();
        LoadList();
        _guard.Unload();

        // Once processes are ended there is no way back: nobody interrupts what is left to be done.
        _guard.StandDown();
    }

    public void Load()
    {
        ReleaseOwn();
        LoadList();
        for (int i = 0; !_carrier.IsStillRight(); i++)
        {
            if (i == MostRebuilds)
            {
                throw new CommandException(
                    ExitCode.OsError,
                    $"pages have moved {MostRebuilds + 1} times since they were pinned; try again, or use --carrier kexec-load");
            }

            // What leads to other pages is not left there for as long as it takes to make another.
            _guard.Unload();
            _environment.Error.WriteLine("baton: pages have moved; the list is made anew");
            _gathered = Plan();
            LoadList();
        }

        _environment.Output.Flush();
    }

    public void Look()
    {
        // Writing to a file may have taken its time; else it has just been asked.
        if (_prepared.NextBoot is not null && !_carrier.IsStillRight())
        {
            throw new CommandException(ExitCode.OsError, "pages have moved at the last moment; try again");
        }

        _guard.StandDown();
    }

    public string? Abandon() => _guard.Abandon();

    private static void DemandMemoryForUnits()
    {
        if (SystemdUnits.IsInit && AvailableMemory.ReadFor(SystemdUnits.Needed) is var left and < SystemdUnits.Needed)
        {
            throw new CommandException(
                ExitCode.Unavailable,
                $"nothing was stopped: {Sizes.Of(left)} are left beside the image, and to begin to stop its units systemd needs "
                + $"{Sizes.Of(SystemdUnits.Needed)}; stop some by yourself, or give --now");
        }
    }

    /// <remarks>Making the list and proving it need little of what came before each of them.</remarks>
    private GatheredHandoff Plan()
    {
        ReleaseOwn();
        GatheredHandoff gathered;
        try
        {
            gathered = _carrier.Plan(_prepared.Handoff);
        }
        catch (ArgumentException e)
        {
            throw new CommandException(ExitCode.Unavailable, $"nothing was loaded: {e.Message}; use --carrier kexec-load");
        }

        ReleaseOwn();
        ProofGate.Pass([() => ((IPlannedX64Protocol)_prepared.Planned).Prove(gathered)], _isProved, _environment);
        return gathered;
    }

    private void ReleaseOwn()
    {
        if (_isTight)
        {
            OwnPages.Release();
        }
    }

    private void LoadList()
    {
        if (KexecCallsLeft.ListObstacle(CallLimit.Read()) is { } obstacle)
        {
            throw new CommandException(ExitCode.OsError, obstacle);
        }

        Stopwatch watch = Stopwatch.StartNew();
        _guard.Load(() => _carrier.Load(_gathered));
        _environment.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Loaded}{_gathered.ListBytes} bytes for {_gathered.Moves.Count} moves "
            + $"in {watch.Elapsed.TotalMilliseconds:0.0} ms"));
    }
}
