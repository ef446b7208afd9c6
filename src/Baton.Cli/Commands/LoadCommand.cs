using System.CommandLine;
using System.Globalization;
using Baton.Handoffs;
using Baton.Linux;
using Baton.Linux.Gathers;
using Baton.Linux.Kexec;
using Baton.Machines;
using Baton.Reports;

namespace Baton.Cli.Commands;

/// <summary><c>baton load</c>: plans a handoff and gives it to the running kernel.</summary>
internal static class LoadCommand
{
    public static Command Create(CommandEnvironment environment)
    {
        HandoffOptions options = new();
        ProofOption proof = new();
        StreamOptions streams = new();
        Option<bool> stream = new("--stream")
        {
            Description = "feed the files to kexec_load piece by piece (userfaultfd) in place of mapping them",
        };
        Command command = new("load", "Prove and load the next kernel; \"baton exec\" jumps to it");
        options.AddTo(command);
        proof.AddTo(command);
        streams.AddTo(command);
        command.Add(stream);
        command.SetAction(parsed =>
        {
            HandoffRequest handoff = options.Read(parsed);
            return Run(
                handoff with { Streams = streams.Read(parsed, handoff, environment), IsFed = parsed.GetValue(stream) },
                proof.IsWanted(parsed),
                new RecordedCalls(new KexecCalls()),
                environment);
        });
        return command;
    }

    /// <summary>Loads, or says why not; what was loaded before stays loaded unless the new kernel took its place.</summary>
    internal static int Run(HandoffRequest request, bool isProved, IKexecCalls calls, CommandEnvironment environment)
    {
        GatherGuard.PutBackAfterKill(environment);
        using GatherGuard guard = new(new LoadedList(calls), request.Held, environment);
        if (request.TakesStreams)
        {
            OutOfMemory.ChooseThisProcess();
            guard.BeginHolding(spare: null);
        }

        using PreparedHandoff prepared = Prepare(request, environment);
        if (prepared.Carrier.Carrier == Carrier.Gather)
        {
            throw new CommandException(
                ExitCode.Usage,
                "nothing was loaded: --carrier gather holds the image in this process until the jump; use \"baton run\"");
        }

        return Run(request, prepared, isProved, calls, guard, environment);
    }

    /// <summary>Makes the handoff for this machine, tells what was noticed, and lets only one through that can work.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="environment">Where it is told.</param>
    /// <exception cref="CommandException">It cannot.</exception>
    internal static PreparedHandoff Prepare(HandoffRequest request, CommandEnvironment environment)
    {
        Machine machine = LiveMachine.Read();
        RefuseStreams(request, machine.Kexec);
        byte[] seed = RngSeed.Draw();
        PreparedHandoff prepared = PreparedHandoff.Prepare(request, machine, seed);
        try
        {
            if (seed.Length == 0)
            {
                prepared.Findings.Add(new Finding(
                    Severity.Note, "rng-seed-missing", "the kernel has no random bytes yet, the next one gets no seed"));
            }

            environment.Tell(prepared.Findings.Where(
                finding => finding.Severity != Severity.Note || finding.Id == PreparedHandoff.NotGathered));
            Refuse(prepared);
            return prepared;
        }
        catch
        {
            prepared.Dispose();
            throw;
        }
    }

    /// <summary>Loads what has been prepared.</summary>
    internal static int Run(
        HandoffRequest request,
        PreparedHandoff prepared,
        bool isProved,
        IKexecCalls calls,
        GatherGuard guard,
        CommandEnvironment environment)
    {
        Prove(prepared, isProved, environment);
        prepared.Inputs.CheckDigests(piece => piece.Found());
        string what = $"{Sizes.Of(prepared.Handoff.LoadedBytes)} by {CarrierChoice.NameOf(prepared.Carrier.Carrier)}";
        guard.Hand();
        TimeSpan time = Progress.Run(environment, $"loading {what}", () => Carry(prepared, calls, environment));
        LoadedRecord.Write(new LoadedRecord
        {
            Kernel = Path.GetFullPath(request.Kernel),
            Version = prepared.Image.Version ?? "",
            CommandLine = prepared.Handoff.CommandLine,
            Carrier = CarrierChoice.NameOf(prepared.Carrier.Carrier),
            Initrds = [.. request.Initrds.Select(LoadedRecord.NameOf)],
            Time = DateTimeOffset.UtcNow,
            NextBoot = prepared.NextBoot,
        });
        environment.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"loaded {request.Kernel} ({prepared.Image.Version}): {what} in {time.TotalSeconds:0.00} s "
            + $"({prepared.Carrier.Reason})"));
        return ExitCode.Ok;
    }

    /// <summary>Refuses what cannot be loaded before a stream is read for it, which may take long and comes but once.</summary>
    /// <exception cref="CommandException">This kernel does not load what streams in.</exception>
    internal static void RefuseStreams(HandoffRequest request, KexecAbility ability)
    {
        Carrier carrier = request.Carrier ?? Carrier.KexecLoad;
        if (request.TakesStreams)
        {
            RefuseObstacles(CarrierChoice.Decide(ability, carrier, [], encryption: null));
        }
    }

    private static void RefuseObstacles(CarrierDecision decision)
    {
        if (decision.Obstacles.Count > 0)
        {
            throw new CommandException(
                ExitCode.Unavailable, "nothing was loaded: " + string.Join("; ", decision.Obstacles));
        }
    }

    private static void Refuse(PreparedHandoff prepared)
    {
        if (prepared.Carrier.Carrier == Carrier.Pack)
        {
            throw new CommandException(ExitCode.Usage, "nothing was loaded: --carrier pack is for \"baton pack\"");
        }

        RefuseObstacles(prepared.Carrier);

        if (prepared.Findings.Exists(finding => finding.Severity == Severity.Error))
        {
            throw new CommandException(ExitCode.Unavailable, "nothing was loaded, because of the errors above");
        }
    }

    private static void Prove(PreparedHandoff prepared, bool isProved, CommandEnvironment environment)
    {
        if (prepared.Carrier.Carrier != Carrier.KexecLoad)
        {
            environment.Output.WriteLine("Proof: none, by kexec_file_load the running kernel makes the handoff itself");
            return;
        }

        ProofGate.Pass([prepared.Prove], isProved, environment);
    }

    private static void Carry(PreparedHandoff prepared, IKexecCalls calls, CommandEnvironment environment)
    {
        if (prepared.Carrier.Carrier == Carrier.KexecLoad)
        {
            KexecLoadCarrier carrier = new(
                calls, prepared.IsFed, line => environment.Error.WriteLine($"baton: {line}"));
            carrier.Load(prepared.Handoff);
        }
        else
        {
            new KexecFileLoadCarrier(calls).Load(
                prepared.Inputs.KernelFile, prepared.Inputs.Initrd, prepared.Handoff.CommandLine);
        }
    }
}
