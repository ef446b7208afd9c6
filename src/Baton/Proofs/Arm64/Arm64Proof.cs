using System.Collections.Immutable;
using System.Globalization;
using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Proofs.Arm64;

/// <summary>
/// Proves a handoff on arm64: runs the crossing from the state in which kexec leaves the machine up to the kernel's first
/// instruction, at each exception level that may be and each time with other garbage in what kexec does not promise, and
/// judges the protocol's contract there.
/// </summary>
public static class Arm64Proof
{
    /// <summary>Instructions after which a crossing is taken to be lost.</summary>
    public const ulong StepLimit = Crossing.StepLimit;

    /// <summary>x0 to x3: what the protocol says of registers. The others are the kernel's to overwrite.</summary>
    private const int ArgumentRegisters = 4;

    /// <summary>Runs the proof.</summary>
    /// <param name="handoff">What would be loaded.</param>
    /// <param name="machine">Where it would happen.</param>
    /// <param name="contract">What the next kernel demands.</param>
    public static ProofReport Run(Handoff handoff, Arm64ProofMachine machine, Contract<Arm64Arrival> contract)
    {
        ArgumentNullException.ThrowIfNull(handoff);
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(contract);
        List<Arm64Run> runs = Crossing.UntilFailure(machine.ExceptionLevels.SelectMany(
            level => Garbage.Seeds.Select(seed => Cross(handoff, machine, contract, level, seed))));
        Arm64Run last = runs[^1];
        ClauseResult arrival = Crossing.Arrives(
            handoff.Entry,
            handoff.KernelEntry,
            last,
            "reading nothing that nobody has written and nothing that the caches may hide.");
        return Crossing.Report(contract.Name, runs, [arrival, SameWay(runs), WritesNothing(handoff, runs)]) with
        {
            Details = last.Details,
        };
    }

    private static Arm64Run Cross(
        Handoff handoff, Arm64ProofMachine machine, Contract<Arm64Arrival> contract, int level, ulong seed)
    {
        Arm64KexecMachine? set = null;
        try
        {
            set = Arm64KexecMachine.Create(handoff, machine, level, new Garbage(seed));
            Arm64Processor processor = set.Processor;
            while (processor.ProgramCounter != handoff.KernelEntry.Value && processor.Instructions < StepLimit)
            {
                processor.ExecuteNext();
            }

            if (processor.ProgramCounter != handoff.KernelEntry.Value)
            {
                return Failed(set, Crossing.Lost);
            }

            // To be there is not enough: the kernel's first instruction must be fetched as well.
            processor.FetchNext();
        }
        catch (ProcessorFaultException fault)
        {
            return Failed(set, fault.Message);
        }
        catch (MemoryFaultException fault)
        {
            return Failed(set, fault.Message);
        }

        Arm64Arrival arrival = new(handoff, machine, set.Departure, set.Processor);
        return new Arm64Run(level, set.Processor.Instructions, null, contract.Judge(arrival))
        {
            Arguments = [.. Enumerable.Range(0, ArgumentRegisters).Select(i => set.Processor[i])],
            StrayWrite = StrayWrite(handoff, set.Processor),
        };

        Arm64Run Failed(Arm64KexecMachine? lost, string failure) =>
            new(level, lost?.Processor.Instructions ?? 0, failure, contract.NotReached())
            {
                Details = lost is null ? [failure] : Describe(lost.Processor),
                StrayWrite = lost is null ? null : StrayWrite(handoff, lost.Processor),
            };
    }

    /// <summary>A crossing that goes another way for other garbage depends on what is not promised.</summary>
    private static ClauseResult SameWay(List<Arm64Run> runs)
    {
        const string Id = "independence";
        const string Demand =
            "What kexec does not promise (registers, flags, the level, translation tables) has no influence on the crossing.";
        if (runs[^1].Failure is not null)
        {
            return new ClauseResult(
                Id,
                Demand,
                Crossing.Source,
                runs.Count == 1 ? null : Verdict.Broken("it arrives with some garbage, or at one level, only"));
        }

        string? problem = null;
        foreach (Arm64Run run in runs.Skip(1))
        {
            if (run.Instructions != runs[0].Instructions)
            {
                problem ??= $"{runs[0].Count} instructions with some garbage, {run.Count} with other";
            }

            for (int i = 0; i < ArgumentRegisters; i++)
            {
                (ulong first, ulong other) = (runs[0].Arguments[i], run.Arguments[i]);
                if (first != other)
                {
                    problem ??= $"x{i} is 0x{first:x} with some garbage, 0x{other:x} with other";
                }
            }
        }

        string levels = string.Join(" and ", runs.Select(run => $"EL{run.Level}").Distinct());
        return new ClauseResult(
            Id,
            Demand,
            Crossing.Source,
            Verdict.Unless(problem, $"{runs.Count} runs at {levels}, the same instructions and arguments"));
    }

    private static ClauseResult WritesNothing(Handoff handoff, List<Arm64Run> runs)
    {
        string? problem = runs.Select(run => run.StrayWrite).FirstOrDefault(write => write is not null);
        int count = handoff.CrossingWrites.Count;
        return new ClauseResult(
            "writes-nothing",
            "The crossing writes nothing but what the plan names: with the caches off, an old line could take any write away.",
            "docs/protocols/kexec-entry.md, arm64",
            Verdict.Unless(problem, count == 0 ? "no write" : $"{count} ranges that the plan names"));
    }

    /// <summary>The first write that the plan does not name; null when there is none.</summary>
    private static string? StrayWrite(Handoff handoff, Arm64Processor processor)
    {
        RangeSet named = handoff.CrossingWrites;
        return processor.Memory.Log?.Records.Where(record => !named.Contains(record.Range))
            .Select(record => record.ToString()).FirstOrDefault();
    }

    private static IReadOnlyList<string> Describe(Arm64Processor processor)
    {
        ulong at = processor.ProgramCounter;
        string word = string.Concat(Enumerable.Range(0, 4).Reverse().Select(i =>
            processor.Memory.Peek(unchecked(at + (ulong)i)) is { } value
                ? value.ToString("x2", CultureInfo.InvariantCulture)
                : "??"));
        return
        [
            $"{Crossing.Where(processor)}, at EL{processor.ExceptionLevel}: {word}",
            .. processor.State.ToString().Split('\n'),
        ];
    }

    private sealed record Arm64Run(int Level, ulong Instructions, string? Failure, IReadOnlyList<ClauseResult> Judged)
        : CrossingRun(Instructions, Failure, Judged)
    {
        /// <summary>x0 to x3 at the kernel's first instruction; empty when it did not arrive.</summary>
        public ImmutableArray<ulong> Arguments { get; init; } = [];

        /// <summary>The first write that the plan does not name; null when there is none.</summary>
        public string? StrayWrite { get; init; }

        public IReadOnlyList<string> Details { get; init; } = [];
    }
}
