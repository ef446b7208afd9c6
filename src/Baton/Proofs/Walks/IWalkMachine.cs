using Baton.Memory;

namespace Baton.Proofs.Walks;

/// <summary>A simulated machine as a walk through it needs it, whatever its processor is.</summary>
public interface IWalkMachine
{
    /// <summary>The processor, and through it the memory.</summary>
    IProcessor Processor { get; }

    /// <summary>The name of the register that every instruction changes, as <see cref="Registers"/> has it.</summary>
    string ProgramCounterName { get; }

    /// <summary>
    /// A number that differs when the mode does: what code means, how memory is seen (paging, caches), the privilege.
    /// </summary>
    int Mode { get; }

    /// <summary>The stack pointer: a call has come back when it is where it was, or above.</summary>
    ulong StackPointer { get; }

    /// <summary>
    /// Where the next instruction comes back to: the address behind a call, a software interrupt or the jump of a
    /// loop. Null for an instruction that does not come back.
    /// </summary>
    ulong? ComesBackTo { get; }

    /// <summary>Every register with its value as text, in the order of a dump.</summary>
    IReadOnlyList<RegisterValue> Registers { get; }

    /// <summary>A mode in words.</summary>
    string Describe(int mode);

    /// <summary>A register as an address, by its name in any case; null for no register.</summary>
    ulong? AddressIn(string name);

    /// <summary>Where an address that code uses lies in memory; null when it is not mapped.</summary>
    PhysicalAddress? Locate(ulong address);

    /// <summary>Why no instruction can be read at an address: words that go behind it.</summary>
    string WhyNoCode(ulong address);

    /// <summary>Carries instructions out as fast as it can.</summary>
    /// <exception cref="ProcessorFaultException">One of them cannot be.</exception>
    void Run(ulong count);
}
