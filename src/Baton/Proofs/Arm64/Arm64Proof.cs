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
    public const ulong StepLimit = 1_000_000;

    private const string Own = "docs/proof.md, the crossing";

    /// <summary>x0 to x3: what the protocol says of registers. The others are the kernel's to overwrite.</summary>
    private const int ArgumentRegisters = 4;

    /// <summary>Different garbage for each run at a level.</summary>
    private static readonly ulong[] Seeds = [0x0B5E_55ED_0DD5_0001, 0xFACE_FEED_5EED_0002];

    /// <summary>Runs the proof.</summary>
    /// <param name="handoff">What would be loaded.</param>
    /// <param name="machine">Where it would happen.</param>
    /// <param name="contract">What the next kernel demands.</param>
    public static ProofReport Run(Handoff handoff, Arm64ProofMachine machine, Contract<Arm64Arrival> contract)
    {
        ArgumentNullException.ThrowIfNull(handoff);
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(contract);
        List<Crossing> runs = [];
        foreach ((int level, ulong seed) in machine.ExceptionLevels.SelectMany(l => Seeds.Select(s => (l, s))))
        {
            runs.Add(Cross(handoff, machine, level, seed));
            if (runs[^1].Failure is not null)
            {
                break;
            }
        }

        Crossing last = runs[^1];
        IReadOnlyList<IReadOnlyList<ClauseResult>> judged = last.Failure is null
            ? [.. runs.Select(run => contract.Judge(
                new Arm64Arrival(handoff, machine, run.Departure!, run.Processor!)))]
            : [contract.NotReached()];
        return new ProofReport
        {
            Contract = contract.Name,
            Clauses =
            [
                Arrives(handoff, last),
                SameWay(runs),
                WritesNothing(runs),
                .. judged[0].Select((_, i) => Worst([.. judged.Select(run => run[i])])),
            ],
            Instructions = last.Processor?.Instructions ?? 0,
            Runs = runs.Count,
            Details = last.Failure is { } failure ? Describe(last, failure) : [],
        };
    }

    private static Crossing Cross(Handoff handoff, Arm64ProofMachine machine, int level, ulong seed)
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
                : $"after {StepLimit} instructions it is still under way";
            return new Crossing(level, processor, set.Departure, failure);
        }
        catch (ProcessorFaultException fault)
        {
            return new Crossing(level, set?.Processor, set?.Departure, fault.Message);
        }
        catch (MemoryFaultException fault)
        {
            return new Crossing(level, set?.Processor, set?.Departure, fault.Message);
        }
    }

    private static ClauseResult Arrives(Handoff handoff, Crossing last) => new(
        "arrival",
        $"The crossing comes from {handoff.Entry} to the kernel's first instruction at {handoff.KernelEntry}, reading nothing "
        + "that nobody has written and nothing that the caches may hide.",
        Own,
        Verdict.Unless(last.Failure, $"{Count(last)} instructions"));

    /// <summary>A crossing that goes another way for other garbage depends on what is not promised.</summary>
    private static ClauseResult SameWay(List<Crossing> runs)
    {
        const string Id = "independence";
        const string Demand =
            "What kexec does not promise (registers, flags, the level, translation tables) has no influence on the crossing.";
        if (runs[^1].Failure is not null)
        {
            return new ClauseResult(
                Id, Demand, Own, runs.Count == 1 ? null : Verdict.Broken("it arrives with some garbage, or at one level, only"));
        }

        string? problem = null;
        foreach (Crossing run in runs.Skip(1))
        {
            if (run.Processor!.Instructions != runs[0].Processor!.Instructions)
            {
                problem ??= $"{Count(runs[0])} instructions with some garbage, {Count(run)} with other";
            }

            for (int i = 0; i < ArgumentRegisters; i++)
            {
                if (run.Processor![i] != runs[0].Processor![i])
                {
                    problem ??= $"x{i} is 0x{runs[0].Processor![i]:x} with some garbage, 0x{run.Processor![i]:x} with other";
                }
            }
        }

        string levels = string.Join(" and ", runs.Select(run => $"EL{run.Level}").Distinct());
        return new ClauseResult(
            Id, Demand, Own, Verdict.Unless(problem, $"{runs.Count} runs at {levels}, the same instructions and arguments"));
    }

    private static ClauseResult WritesNothing(List<Crossing> runs)
    {
        string? problem = runs
            .SelectMany(run => run.Processor?.Memory.Log?.Records ?? [])
            .Select(record => record.ToString())
            .FirstOrDefault();
        return new ClauseResult(
            "writes-nothing",
            "The crossing writes nothing: with the caches off, an old line could take any write away.",
            "docs/protocols/kexec-entry.md, arm64",
            Verdict.Unless(problem, "no write"));
    }

    private static ClauseResult Worst(IReadOnlyList<ClauseResult> same) =>
        same.FirstOrDefault(result => !result.Holds) ?? same[0];

    private static string Count(Crossing run) =>
        (run.Processor?.Instructions ?? 0).ToString("N0", CultureInfo.InvariantCulture);

    private static IReadOnlyList<string> Describe(Crossing run, string failure)
    {
        if (run.Processor is not { } processor)
        {
            return [failure];
        }

        ulong at = processor.ProgramCounter;
        Segment? home = processor.Memory.Loaded
            .FirstOrDefault(loaded => loaded.Destination.Contains(new PhysicalAddress(at)));
        string where = home is { } segment
            ? $"in the segment {segment.Name}, 0x{at - segment.Destination.Start.Value:x} bytes from its start"
            : "outside of every segment";
        string word = string.Concat(Enumerable.Range(0, 4).Reverse().Select(i =>
            processor.Memory.Peek(unchecked(at + (ulong)i)) is { } value
                ? value.ToString("x2", CultureInfo.InvariantCulture)
                : "??"));
        return
        [
            $"instruction {processor.Instructions + 1} at 0x{at:x}, {where}, at EL{processor.ExceptionLevel}: {word}",
            .. processor.State.ToString().Split('\n'),
        ];
    }

    private sealed record Crossing(int Level, Arm64Processor? Processor, Arm64State? Departure, string? Failure);
}
