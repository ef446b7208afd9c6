using System.Globalization;
using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Proofs.X64;

/// <summary>
/// Proves a handoff on x86: runs the crossing from the state in which kexec leaves the machine up to the kernel's first
/// instruction, more than once and each time with other garbage in what kexec does not promise, and judges the
/// protocol's contract there.
/// </summary>
public static class X64Proof
{
    /// <summary>Instructions after which a crossing is taken to be lost.</summary>
    public const ulong StepLimit = 1_000_000;

    private const string Own = "docs/proof.md, the crossing";

    /// <summary>Different garbage for each run.</summary>
    private static readonly ulong[] Seeds = [0x0B5E_55ED_0DD5_0001, 0xFACE_FEED_5EED_0002];

    /// <summary>Runs the proof.</summary>
    /// <param name="handoff">What would be loaded.</param>
    /// <param name="machine">Where it would happen.</param>
    /// <param name="contract">What the next kernel demands.</param>
    public static ProofReport Run(Handoff handoff, X64ProofMachine machine, Contract<X64Arrival> contract) =>
        Run(handoff, CrossingStart.Of(handoff), machine, contract);

    /// <summary>Runs the proof from another entry than the handoff's own.</summary>
    /// <param name="handoff">What the next kernel finds.</param>
    /// <param name="start">What the crossing finds when it begins.</param>
    /// <param name="machine">Where it would happen.</param>
    /// <param name="contract">What the next kernel demands.</param>
    public static ProofReport Run(
        Handoff handoff, CrossingStart start, X64ProofMachine machine, Contract<X64Arrival> contract)
    {
        ArgumentNullException.ThrowIfNull(handoff);
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(contract);
        List<Crossing> runs = [];
        foreach (ulong seed in Seeds)
        {
            runs.Add(Cross(handoff, start, machine, seed));
            if (runs[^1].Failure is not null)
            {
                break;
            }
        }

        Crossing last = runs[^1];
        IReadOnlyList<IReadOnlyList<ClauseResult>> judged = last.Failure is null
            ? [.. runs.Select(run => contract.Judge(
                new X64Arrival(handoff, machine, run.Departure!, run.Processor!.State, run.Memory!)))]
            : [contract.NotReached()];
        return new ProofReport
        {
            Contract = contract.Name,
            Clauses =
            [
                Arrives(handoff, start, last),
                SameWay(runs),
                .. judged[0].Select((_, i) => Worst([.. judged.Select(run => run[i])])),
            ],
            Instructions = last.Processor?.Instructions ?? 0,
            Runs = runs.Count,
            Details = last.Failure is { } failure ? Describe(last, failure) : [],
            FailedAt = last.Failure is null ? null : InstructionOf(last),
        };
    }

    private static Crossing Cross(Handoff handoff, CrossingStart start, X64ProofMachine machine, ulong seed)
    {
        KexecMachine? set = null;
        try
        {
            set = KexecMachine.Create(start, machine, new Garbage(seed));
            X64Stop stop = set.Processor.Run(StepLimit, handoff.KernelEntry.Value);
            string? failure = stop switch
            {
                X64Stop.Address => null,
                X64Stop.Halted => "the processor has halted",
                _ => $"after {StepLimit} instructions it is still under way",
            };
            return new Crossing(set.Memory, set.Processor, set.Departure, failure, null);
        }
        catch (ProcessorFaultException fault)
        {
            return new Crossing(set?.Memory, set?.Processor, set?.Departure, fault.Message, fault);
        }
        catch (MemoryFaultException fault)
        {
            return new Crossing(set?.Memory, set?.Processor, set?.Departure, fault.Message, null);
        }
    }

    private static ClauseResult Arrives(Handoff handoff, CrossingStart start, Crossing last) => new(
        "arrival",
        $"The crossing comes from {start.Entry} to the kernel's first instruction at {handoff.KernelEntry}, writing to "
        + "nothing but what is its own and reading nothing that nobody has written.",
        Own,
        Verdict.Unless(last.Failure, $"{Count(last)} instructions"));

    /// <summary>A crossing that goes another way for other garbage depends on what is not promised.</summary>
    private static ClauseResult SameWay(List<Crossing> runs)
    {
        const string Id = "independence";
        const string Demand = "What kexec does not promise (registers, flags, tables) has no influence on the crossing.";
        if (runs[^1].Failure is not null)
        {
            return new ClauseResult(
                Id, Demand, Own, runs.Count == 1 ? null : Verdict.Broken("it arrives with some garbage only"));
        }

        // TR, LDTR, CR2, CR8 and the like are nobody's business here: a boot protocol names what it wants of them.
        IReadOnlyList<string> differences = Carried(runs[0]).Differences(Carried(runs[^1]));
        string? problem = runs[0].Processor!.Instructions != runs[^1].Processor!.Instructions
            ? $"{Count(runs[0])} instructions with some garbage, {Count(runs[^1])} with other"
            : differences.Count > 0 ? $"at the entry {differences[0]}" : null;
        return new ClauseResult(
            Id, Demand, Own, Verdict.Unless(problem, $"{runs.Count} runs, the same instructions and registers"));
    }

    /// <summary>The registers without those that a crossing need not touch.</summary>
    private static X64State Carried(Crossing run)
    {
        X64State state = run.Processor!.State;
        SegmentState none = SegmentState.Null;
        return (state with { Cr2 = 0, Cr8 = 0, Msrs = state.Msrs.Clear(), Efer = 0, Cr4 = state.Cr4 & ~X64Cr4.MCE })
            .With(X64SegmentRegister.Tr, none).With(X64SegmentRegister.Ldtr, none);
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
        Segment? home = run.Memory!.Loaded.FirstOrDefault(loaded => loaded.Destination.Contains(new PhysicalAddress(at)));
        string where = home is { } segment
            ? $"in the segment {segment.Name}, 0x{at - segment.Destination.Start.Value:x} bytes from its start"
            : "outside of every segment";
        return
        [
            $"instruction {processor.Instructions + 1} at 0x{at:x}, {where}, in {processor.Mode} mode",
            .. run.Fault?.Details ?? [],
            .. processor.State.Values().Select(register => $"{register.Name} = {register.Value}"),
        ];
    }

    private static FailedInstruction? InstructionOf(Crossing run)
    {
        const int Longest = 15;
        if (run.Processor is not { } processor)
        {
            return null;
        }

        List<byte> bytes = [];
        ulong at = processor.ProgramCounter;
        while (bytes.Count < Longest && processor.Translate(at + (ulong)bytes.Count, PageAccess.Execute).Physical is { } place
            && run.Memory!.Peek(place.Value) is { } value)
        {
            bytes.Add(value);
        }

        int bits = processor.Mode switch
        {
            X64Mode.Long64 => 64,
            X64Mode.Protected32 or X64Mode.Compatibility32 => 32,
            _ => 16,
        };
        return bytes.Count == 0 ? null : new FailedInstruction(at, bytes.ToArray(), bits);
    }

    private sealed record Crossing(
        PhysicalMemory? Memory,
        X64Processor? Processor,
        X64State? Departure,
        string? Failure,
        ProcessorFaultException? Fault);
}
