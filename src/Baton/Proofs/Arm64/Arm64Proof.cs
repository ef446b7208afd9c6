using System.Globalization;
using Baton.Handoffs;

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
        List<Arm64Crossing> runs = Crossing.UntilFailure<Arm64Crossing, Arm64Arrival>(
            machine.ExceptionLevels.SelectMany(level => Garbage.Seeds.Select(seed => Cross(handoff, machine, level, seed))));
        Arm64Crossing last = runs[^1];
        ClauseResult arrival = Crossing.Arrives(
            handoff.Entry,
            handoff.KernelEntry,
            last,
            "reading nothing that nobody has written and nothing that the caches may hide.");
        return Crossing.Report(contract, runs, [arrival, SameWay(runs), WritesNothing(runs)]) with
        {
            Details = last.Failure is { } failure ? Describe(last, failure) : [],
        };
    }

    private static Arm64Crossing Cross(Handoff handoff, Arm64ProofMachine machine, int level, ulong seed)
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

            string? failure = processor.ProgramCounter == handoff.KernelEntry.Value
                ? null
                : Crossing.Lost;
            return new Arm64Crossing(handoff, machine, level, set, failure);
        }
        catch (ProcessorFaultException fault)
        {
            return new Arm64Crossing(handoff, machine, level, set, fault.Message);
        }
        catch (MemoryFaultException fault)
        {
            return new Arm64Crossing(handoff, machine, level, set, fault.Message);
        }
    }

    /// <summary>A crossing that goes another way for other garbage depends on what is not promised.</summary>
    private static ClauseResult SameWay(List<Arm64Crossing> runs)
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
        foreach (Arm64Crossing run in runs.Skip(1))
        {
            if (run.Instructions != runs[0].Instructions)
            {
                problem ??= $"{runs[0].Count} instructions with some garbage, {run.Count} with other";
            }

            for (int i = 0; i < ArgumentRegisters; i++)
            {
                (ulong first, ulong other) = (runs[0].Set!.Processor[i], run.Set!.Processor[i]);
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

    private static ClauseResult WritesNothing(List<Arm64Crossing> runs)
    {
        string? problem = runs
            .SelectMany(run => (run.Processor?.Memory.Log?.Records ?? [])
                .Where(record => !run.Handoff.CrossingWrites.Contains(record.Range))
                .Select(record => record.ToString()))
            .FirstOrDefault();
        int count = runs[^1].Handoff.CrossingWrites.Count;
        return new ClauseResult(
            "writes-nothing",
            "The crossing writes nothing but what the plan names: with the caches off, an old line could take any write away.",
            "docs/protocols/kexec-entry.md, arm64",
            Verdict.Unless(problem, count == 0 ? "no write" : $"{count} ranges that the plan names"));
    }

    private static IReadOnlyList<string> Describe(Arm64Crossing run, string failure)
    {
        if (run.Set?.Processor is not { } processor)
        {
            return [failure];
        }

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

    private sealed record Arm64Crossing(
        Handoff Handoff, Arm64ProofMachine Machine, int Level, Arm64KexecMachine? Set, string? Failure)
        : Crossing<Arm64Arrival>(Set?.Processor, Failure)
    {
        public override Arm64Arrival Arrival => new(Handoff, Machine, Set!.Departure, Set.Processor);
    }
}
