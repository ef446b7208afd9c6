using System.CommandLine;
using Baton.Linux.Gathers;
using Baton.Linux.Kexec;
using Baton.Linux.Power;
using Baton.Machines;

namespace Baton.Cli.Commands;

/// <summary><c>baton run</c>: load and exec in one.</summary>
internal static class RunCommand
{
    public static Command Create(CommandEnvironment environment)
    {
        HandoffOptions options = new();
        DepartureOptions departure = new();
        ProofOption proof = new();
        PinOption pin = new();
        StreamOptions streams = new();
        Command command = new("run", "Prove and load the next kernel, and jump to it");
        options.AddTo(command);
        proof.AddTo(command);
        departure.AddTo(command);
        pin.AddTo(command);
        streams.AddTo(command);
        command.SetAction(parsed =>
        {
            HandoffRequest handoff = options.Read(parsed);
            handoff = handoff with { Streams = streams.Read(parsed, handoff, environment) };
            return Run(
                handoff with { Pin = pin.Read(parsed, handoff) },
                proof.IsWanted(parsed),
                departure.Read(parsed),
                environment);
        });
        return command;
    }

    private static int Run(HandoffRequest request, bool isProved, Departure departure, CommandEnvironment environment)
    {
        // Where systemd ends this process before it jumps, an image that is gathered would go with it.
        string? notGathered = departure.Now || !SystemdUnits.IsInit ? null
            : SystemdUnits.Obstacle(Environment.GetEnvironmentVariable("SYSTEMD_EXEC_PID"));
        if (request.Carrier == Carrier.Gather && notGathered is not null)
        {
            throw new CommandException(
                ExitCode.Unavailable,
                $"nothing was loaded: --carrier gather holds the image in this process until the jump, and {notGathered}; "
                + "or give --now, or use --carrier kexec-load");
        }

        // Where systemd jumps it has the right to.
        if (departure.Now || !SystemdUnits.IsInit || request.Carrier == Carrier.Gather)
        {
            ExecCommand.DemandRights();
        }
        else
        {
            notGathered ??= JumpRights.Obstacle();
        }

        int? left = CallLimit.Read();
        notGathered ??= KexecCallsLeft.Obstacle(left, departure.Now);
        if (request.Carrier == Carrier.Gather && notGathered is not null)
        {
            throw new CommandException(
                ExitCode.Unavailable, $"nothing was loaded: {notGathered}; {KexecCallsLeft.Instead(left)}");
        }

        OutOfMemory.ChooseThisProcess();
        int loaded = Load(
            request with { NotGathered = notGathered is null ? null : $"it is not gathered: {notGathered}" },
            isProved,
            departure,
            environment);
        return loaded == ExitCode.Ok ? ExecCommand.Run(departure, environment) : loaded;
    }

    /// <summary>
    /// Loads for a jump that comes then, when nothing is held any more; or gathers, and jumps with what is held.
    /// </summary>
    private static int Load(HandoffRequest request, bool isProved, Departure departure, CommandEnvironment environment)
    {
        KexecCalls kexec = new();
        RecordedCalls calls = new(kexec);
        GatherGuard.PutBackAfterKill(environment);
        using GatherGuard guard = new(new LoadedList(calls), request.Held, environment);
        using SpareMemory spare = new(request.Held);
        if (request.Carrier == Carrier.Gather || request.TakesStreams)
        {
            guard.BeginHolding(request.NotGathered is null ? spare : null);
        }

        HandoffRequest here = request with
        {
            Available = request.NotGathered is null
                ? wanted =>
                {
                    guard.BeginHolding(spare);
                    return spare.ReadFor(wanted);
                }
                : AvailableMemory.ReadFor,
        };
        using PreparedHandoff prepared = LoadCommand.Prepare(here, environment);
        if (prepared.Carrier.Carrier == Carrier.Gather)
        {
            return GatherRun.Run(
                request, prepared, isProved, departure, new RecordedCalls(kexec) { AreLists = true }, guard, environment);
        }

        return LoadCommand.Run(request, prepared, isProved, calls, guard, environment);
    }
}
