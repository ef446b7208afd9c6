using System.Collections.Concurrent;
using System.Globalization;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.X64;
using Baton.Protocols;
using Baton.Protocols.LinuxX86;
using Baton.Protocols.LinuxX86.Clauses;
using Baton.Tests.Protocols;

namespace Baton.Tests.Proofs;

/// <summary>A handoff with one bit of one segment turned over.</summary>
/// <param name="Segment">The segment's name.</param>
/// <param name="Offset">Bytes from its start.</param>
/// <param name="Bit">0 to 7.</param>
internal readonly record struct Mutant(string Segment, int Offset, int Bit)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Segment}+0x{Offset:x} bit {Bit}");
}

/// <summary>
/// Turns bits of a handoff over, one at a time, and asks two things of each mutant: does the next kernel find something
/// else than before, and does the proof refuse it? What the kernel finds is told by the processor's registers at the
/// entry, by every mapping, by the descriptors, and by the bytes of boot_params' segment: not by the contract.
/// </summary>
internal sealed class FaultInjection
{
    private const ulong Seed = 0x1234_5678_9ABC_DEF0;

    private readonly X64ProofMachine _proofMachine;
    private readonly Func<Handoff, Contract<X64Arrival>> _contract;
    private readonly Func<Mutant, bool> _isData;
    private readonly string _outcome;

    public FaultInjection(Machine machine, LinuxX86Kernel kernel)
        : this(
            LinuxX86Planner.Plan(Protocols.TestKernels.Request(machine, kernel, initrd: 0x5432)),
            ProofMachines.X64(machine),
            handoff => LinuxX86Contract.For(kernel, machine, handoff),
            mutant => mutant.Segment == "boot_params")
    {
    }

    /// <param name="handoff">What is changed.</param>
    /// <param name="machine">Where it happens.</param>
    /// <param name="contract">What refuses it.</param>
    /// <param name="isData">Whether the next kernel reads the changed byte, whatever the registers are.</param>
    public FaultInjection(
        Handoff handoff, X64ProofMachine machine, Func<Handoff, Contract<X64Arrival>> contract, Func<Mutant, bool> isData)
    {
        _proofMachine = machine;
        _contract = contract;
        _isData = isData;
        Handoff = handoff;
        Content = Handoff.Segments.ToDictionary(segment => segment.Name, segment => Protocols.TestKernels.Bytes(segment));
        ProofReport proof = Prove(Handoff);
        Assert.True(proof.Holds, string.Join('\n', proof.Failed));
        _outcome = OutcomeOf(Handoff);
    }

    public Handoff Handoff { get; }

    /// <summary>The segments' bytes by name.</summary>
    public IReadOnlyDictionary<string, byte[]> Content { get; }

    /// <summary>Tries mutants, on all processors.</summary>
    /// <returns>How many changed what the kernel finds, and those of them that the proof let through.</returns>
    public (int Changed, IReadOnlyList<Mutant> Survivors) Try(IEnumerable<Mutant> mutants)
    {
        int changed = 0;
        ConcurrentBag<Mutant> survivors = [];
        Parallel.ForEach(mutants, mutant =>
        {
            Handoff handoff = Apply(mutant);
            bool isRejected = !Prove(handoff).Holds;
            bool isChanged = _isData(mutant) || OutcomeOf(handoff) != _outcome;
            if (isChanged)
            {
                Interlocked.Increment(ref changed);
                if (!isRejected)
                {
                    survivors.Add(mutant);
                }
            }
        });
        return (changed, [.. survivors.OrderBy(mutant => (mutant.Segment, mutant.Offset, mutant.Bit))]);
    }

    /// <summary>The lines of the outcome that a mutant changes, as the mutant has them.</summary>
    public IReadOnlyList<string> Difference(Mutant mutant) =>
        [.. OutcomeOf(Apply(mutant)).Split('\n').Except(_outcome.Split('\n'))];

    private ProofReport Prove(Handoff handoff) =>
        X64Proof.Run(handoff, _proofMachine, _contract(handoff));

    private Handoff Apply(Mutant mutant)
    {
        byte[] bytes = [.. Content[mutant.Segment]];
        bytes[mutant.Offset] ^= (byte)(1 << mutant.Bit);
        return Handoff.WithBytes(mutant.Segment, bytes);
    }

    /// <summary>
    /// What the next kernel finds, as text; the bytes of boot_params are compared apart from it. A crossing that asks for the
    /// local APIC is run with that in both of its modes.
    /// </summary>
    private string OutcomeOf(Handoff handoff)
    {
        string outcome = OutcomeOf(handoff, _proofMachine, out bool asksForApic);
        return asksForApic
            ? $"{outcome}\n{OutcomeOf(handoff, _proofMachine with { ExtendedApic = true }, out _)}"
            : outcome;
    }

    private static string OutcomeOf(Handoff handoff, X64ProofMachine machine, out bool asksForApic)
    {
        asksForApic = false;
        try
        {
            KexecMachine set = KexecMachine.Create(handoff, machine, new Garbage(Seed));
            X64Stop stop = set.Processor.Run(X64Proof.StepLimit, handoff.KernelEntry.Value);
            asksForApic = set.LocalApic.WasAsked;
            if (stop != X64Stop.Address)
            {
                return stop.ToString();
            }

            X64State state = set.Processor.State;
            AddressSpace space = AddressSpace.Read(set.Memory, state, machine.PhysicalBits, machine.GigabytePages);
            IEnumerable<string> descriptors = Enumerable.Range(2, 2).Select(i => string.Join(
                '-', Enumerable.Range(0, 8).Select(k => set.Memory.Peek(state.Gdtr.Base + (ulong)((i * 8) + k)))));
            return string.Join(
                '\n',
                state.Values().Select(value => $"{value.Name}={value.Value}")
                    .Concat(space.Mappings.Select(mapping => $"{mapping} {mapping.Rights}"))
                    .Concat(space.Problems)
                    .Append($"APIC={set.LocalApic.Waiting.Count} {set.LocalApic.Unended.Count} {set.LocalApic.Spurious:x}")
                    .Concat(descriptors));
        }
        catch (ProcessorFaultException e)
        {
            return e.GetType().Name;
        }
        catch (MemoryFaultException e)
        {
            return e.Fault.ToString();
        }
    }
}
