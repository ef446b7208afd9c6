using Baton.Handoffs;

namespace Baton.Proofs.Arm64;

/// <summary>A simulated arm64 machine at the next kernel's first instruction.</summary>
public sealed class Arm64Arrival : Arrival
{
    /// <param name="handoff">What was planned.</param>
    /// <param name="machine">Where it happens.</param>
    /// <param name="departure">The processor's registers when the crossing began.</param>
    /// <param name="processor">The processor now: registers, memory and caches.</param>
    public Arm64Arrival(Handoff handoff, Arm64ProofMachine machine, Arm64State departure, Arm64Processor processor)
        : base(handoff, processor.Memory)
    {
        Machine = machine;
        Departure = departure;
        Processor = processor;
    }

    /// <summary>Where it happens.</summary>
    public Arm64ProofMachine Machine { get; }

    /// <summary>The processor's registers when the crossing began, garbage included.</summary>
    public Arm64State Departure { get; }

    /// <summary>The processor now: registers, memory and caches.</summary>
    public Arm64Processor Processor { get; }

    /// <summary>SCTLR of the level that the processor is at.</summary>
    public ulong SystemControl => Processor.ReadSystemRegister(
        Processor.ExceptionLevel == 2 ? Arm64SystemRegister.SctlrEl2 : Arm64SystemRegister.SctlrEl1);
}
