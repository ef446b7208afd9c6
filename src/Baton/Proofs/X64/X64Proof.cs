using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Proofs.X64;

/// <summary>
/// Proves a handoff on x86: runs the crossing from the state in which kexec leaves the machine up to the kernel's first
/// instruction, more than once and each time with other garbage in what kexec does not promise, and judges the
/// protocol's contract there. A crossing that asks for the local APIC runs once more, with that left as an x2APIC.
/// </summary>
public static class X64Proof
{
    /// <summary>Instructions after which a crossing is taken to be lost.</summary>
    public const ulong StepLimit = Crossing.StepLimit;

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
        List<X64Run> runs = Crossing.UntilFailure(
            Garbage.Seeds.Select(seed => Cross(handoff, start, machine, contract, seed)));
        ClauseResult independence = SameWay(runs);
        if (runs[^1].Failure is null && runs.Exists(run => run.AsksForApic))
        {
            // Linux leaves either behind. It is another way, so it is not compared with the others.
            X64Run extended = Cross(handoff, start, machine with { ExtendedApic = true }, contract, Garbage.Seeds[0]);
            runs.Insert(extended.Failure is null ? 0 : runs.Count, extended with
            {
                Failure = extended.Failure is { } failure ? $"with the local APIC left as an x2APIC: {failure}" : null,
            });
        }

        X64Run last = runs[^1];
        ClauseResult arrival = Crossing.Arrives(
            start.Entry,
            handoff.KernelEntry,
            last,
            "writing to nothing but what is its own and reading nothing that nobody has written.");
        return Crossing.Report(contract.Name, runs, [arrival, independence]) with
        {
            Details = last.Details,
            FailedAt = last.FailedAt,
        };
    }

    private static X64Run Cross(
        Handoff handoff, CrossingStart start, X64ProofMachine machine, Contract<X64Arrival> contract, ulong seed)
    {
        KexecMachine? set = null;
        AddressSpace? onTheWay;
        try
        {
            set = KexecMachine.Create(start, machine, new Garbage(seed));
            onTheWay = start.Waypoint is { } waypoint ? SpaceAt(waypoint, handoff.KernelEntry, machine, set) : null;
            string? failure = set.Processor.Run(StepLimit - set.Processor.Instructions, handoff.KernelEntry.Value) switch
            {
                X64Stop.Address => null,
                X64Stop.Halted => "the processor has halted",
                _ => Crossing.Lost,
            };
            if (failure is not null)
            {
                return Failed(set, failure, null);
            }
        }
        catch (ProcessorFaultException fault)
        {
            return Failed(set, fault.Message, fault);
        }
        catch (MemoryFaultException fault)
        {
            return Failed(set, fault.Message, null);
        }

        X64State state = set.Processor.State;
        X64Arrival arrival = new(handoff, machine, set.Departure, state, set.Memory)
        {
            LocalApic = set.LocalApic,
            SpaceOnTheWay = onTheWay,
        };
        return new X64Run(set.Processor.Instructions, null, contract.Judge(arrival))
        {
            State = state,
            AsksForApic = set.LocalApic.WasAsked,
        };

        X64Run Failed(KexecMachine? lost, string failure, ProcessorFaultException? fault) =>
            new(lost?.Processor.Instructions ?? 0, failure, contract.NotReached())
            {
                Details = lost is null ? [failure] : Describe(lost.Processor, fault),
                FailedAt = lost is null ? null : InstructionOf(lost.Processor),
            };
    }

    /// <summary>Goes on to an address, unless the kernel comes first.</summary>
    private static AddressSpace? SpaceAt(
        PhysicalAddress waypoint, PhysicalAddress kernel, X64ProofMachine machine, KexecMachine set) =>
        set.Processor.Run(StepLimit, waypoint.Value, kernel.Value) == X64Stop.Address
            && set.Processor.ProgramCounter == waypoint.Value
            ? AddressSpace.Read(set.Memory, set.Processor.State, machine.PhysicalBits, machine.GigabytePages)
            : null;

    /// <summary>A crossing that goes another way for other garbage depends on what is not promised.</summary>
    private static ClauseResult SameWay(List<X64Run> runs)
    {
        const string Id = "independence";
        const string Demand = "What kexec does not promise (registers, flags, tables) has no influence on the crossing.";
        if (runs[^1].Failure is not null)
        {
            return new ClauseResult(
                Id, Demand, Crossing.Source, runs.Count == 1 ? null : Verdict.Broken("it arrives with some garbage only"));
        }

        // TR, LDTR, CR2, CR8 and the like are nobody's business here: a boot protocol names what it wants of them.
        IReadOnlyList<string> differences = Carried(runs[0]).Differences(Carried(runs[^1]));
        string? problem = runs[0].Instructions != runs[^1].Instructions
            ? $"{runs[0].Count} instructions with some garbage, {runs[^1].Count} with other"
            : differences.Count > 0 ? $"at the entry {differences[0]}" : null;
        return new ClauseResult(
            Id, Demand, Crossing.Source, Verdict.Unless(problem, $"{runs.Count} runs, the same instructions and registers"));
    }

    /// <summary>The registers without those that a crossing need not touch.</summary>
    private static X64State Carried(X64Run run)
    {
        X64State state = run.State!;
        SegmentState none = SegmentState.Null;
        return (state with { Cr2 = 0, Cr8 = 0, Msrs = state.Msrs.Clear(), Efer = 0, Cr4 = state.Cr4 & ~X64Cr4.MCE })
            .With(X64SegmentRegister.Tr, none).With(X64SegmentRegister.Ldtr, none);
    }

    private static IReadOnlyList<string> Describe(X64Processor processor, ProcessorFaultException? fault) =>
    [
        $"{Crossing.Where(processor)}, in {processor.Mode} mode",
        .. fault?.Details ?? [],
        .. processor.State.Values().Select(register => $"{register.Name} = {register.Value}"),
    ];

    private static FailedInstruction? InstructionOf(X64Processor processor) =>
        processor.PeekCode(processor.ProgramCounter, X64Processor.LongestInstruction) is { Length: > 0 } bytes
            ? new FailedInstruction(processor.ProgramCounter, bytes, processor.Mode.CodeBits)
            : null;

    private sealed record X64Run(ulong Instructions, string? Failure, IReadOnlyList<ClauseResult> Judged)
        : CrossingRun(Instructions, Failure, Judged)
    {
        /// <summary>The registers at the kernel's first instruction; null when it did not arrive.</summary>
        public X64State? State { get; init; }

        /// <summary>Whether it asked where the local APIC is, or for one of its registers.</summary>
        public bool AsksForApic { get; init; }

        public IReadOnlyList<string> Details { get; init; } = [];

        public FailedInstruction? FailedAt { get; init; }
    }
}
