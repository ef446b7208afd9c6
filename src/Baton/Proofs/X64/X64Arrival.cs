using Baton.Handoffs;
using Baton.Proofs.Devices;

namespace Baton.Proofs.X64;

/// <summary>A simulated x86 machine at the next kernel's first instruction.</summary>
public sealed class X64Arrival : Arrival
{
    private readonly Lazy<AddressSpace> _space;

    /// <param name="handoff">What was planned.</param>
    /// <param name="machine">Where it happens.</param>
    /// <param name="departure">The processor's registers when the crossing began.</param>
    /// <param name="state">The processor's registers now.</param>
    /// <param name="memory">What is in memory.</param>
    public X64Arrival(
        Handoff handoff, X64ProofMachine machine, X64State departure, X64State state, PhysicalMemory memory)
        : base(handoff, memory)
    {
        Machine = machine;
        Departure = departure;
        State = state;
        _space = new Lazy<AddressSpace>(() => AddressSpace.Read(Memory, State, Machine.PhysicalBits, Machine.GigabytePages));
    }

    /// <summary>Where it happens.</summary>
    public X64ProofMachine Machine { get; }

    /// <summary>The processor's local APIC; null where there is none.</summary>
    public LocalApic? LocalApic { get; init; }

    /// <summary>The processor's registers when the crossing began, garbage included.</summary>
    public X64State Departure { get; }

    /// <summary>The processor's registers now.</summary>
    public X64State State { get; }

    /// <summary>What the page tables mapped that were in use at the crossing's waypoint; null when it did not come by.</summary>
    public AddressSpace? SpaceOnTheWay { get; init; }

    /// <summary>What the page tables in use map.</summary>
    public AddressSpace Space => _space.Value;
}
