using Baton.Proofs.Devices;

namespace Baton.Proofs.X64;

/// <summary>What the simulated processor is, and what stands around it.</summary>
public sealed record X64Options
{
    /// <summary>What it says that it can do; what it does not say, it does not do.</summary>
    public X64Cpuid Cpuid { get; init; } = X64Cpuid.QemuMax();

    /// <summary>Whether exceptions go to the handlers of the interrupt table; else they are thrown to the caller.</summary>
    public bool DeliverExceptions { get; init; }

    /// <summary>Who answers software interrupts in real mode before the interrupt table is asked; null for nobody.</summary>
    public IInterruptHandler? Interrupts { get; init; }

    /// <summary>Where interrupts from outside come from, at its page or its MSRs; null for nowhere.</summary>
    public LocalApic? LocalApic { get; init; }

    /// <summary>
    /// What answers at the ports; a port without a device reads as ones. Null where ports are not simulated: an access is a
    /// fault of that kind.
    /// </summary>
    public IPortDevice? Ports { get; init; }

    /// <summary>
    /// What is in the upper halves of registers when 64-bit mode comes back, and in R8 to R15 when long mode was left; null to
    /// keep what was there, as QEMU does. It is one processor's own.
    /// </summary>
    public Garbage? Losses { get; init; }

    /// <summary>
    /// Whether an entry of a page table that has changed since it was first used, without a load of CR3 or the like, is a
    /// fault; else it is seen at once. Any invlpg counts for all entries.
    /// </summary>
    public bool RefusesStaleEntries { get; init; }
}

/// <summary>Answers the software interrupts of real mode in the place of a firmware.</summary>
public interface IInterruptHandler
{
    /// <summary>
    /// Carries a service out. The processor's RIP is that of the <c>int</c> instruction; it goes on behind it, with the
    /// registers and flags that the handler has left.
    /// </summary>
    /// <returns>Whether it was carried out; if not, the interrupt table is asked.</returns>
    bool Handle(X64Processor cpu, byte vector);
}
