namespace Baton.Proofs.Arm64;

/// <summary>Why the processor does not complete an instruction.</summary>
public enum Arm64FaultCause
{
    /// <summary>The architecture takes an exception; <see cref="Arm64FaultException.Syndrome"/> says which.</summary>
    Exception,

    /// <summary>The architecture has a meaning for it, and this processor does not.</summary>
    NotSimulated,

    /// <summary>The manual leaves the processor a choice (CONSTRAINED UNPREDICTABLE).</summary>
    Unpredictable,

    /// <summary>Memory refuses: not memory, unwritten, or guarded.</summary>
    Memory,

    /// <summary>The access may see something older than what was last written, or lose it.</summary>
    StaleData,

    /// <summary>The fetch may see an instruction that is not the one in memory.</summary>
    StaleInstruction,
}

/// <summary>The exception classes (ESR_ELx.EC) that the simulated processor raises.</summary>
public enum Arm64ExceptionClass
{
    /// <summary>Undefined instruction, and others without a class of their own.</summary>
    Unknown = 0x00,
    IllegalState = 0x0e,
    Svc = 0x15,
    Hvc = 0x16,
    Smc = 0x17,
    InstructionAbort = 0x21,
    PcAlignment = 0x22,
    DataAbort = 0x25,
    SpAlignment = 0x26,
    Brk = 0x3c,
}

/// <summary>An instruction that the simulated AArch64 processor does not complete.</summary>
public sealed class Arm64FaultException : ProcessorFaultException
{
    /// <param name="cause">Why.</param>
    /// <param name="message">One sentence.</param>
    /// <param name="programCounter">The instruction's virtual address.</param>
    /// <param name="inner">The memory's refusal, if that is the cause.</param>
    public Arm64FaultException(Arm64FaultCause cause, string message, ulong programCounter, Exception? inner = null)
        : base(message, programCounter, inner) => Cause = cause;

    /// <summary>Why.</summary>
    public Arm64FaultCause Cause { get; }

    /// <summary>The exception's class; meaningful for <see cref="Arm64FaultCause.Exception"/>.</summary>
    public Arm64ExceptionClass Class => (Arm64ExceptionClass)(Syndrome >> 26);

    /// <summary>What ESR_ELx would hold; zero when the architecture takes no exception.</summary>
    public uint Syndrome { get; init; }

    /// <summary>What FAR_ELx would hold; null where the exception leaves it alone.</summary>
    public ulong? FaultAddress { get; init; }

    /// <inheritdoc/>
    public override string Kind => Cause switch
    {
        Arm64FaultCause.Exception => Class switch
        {
            Arm64ExceptionClass.Unknown => "undefined instruction",
            Arm64ExceptionClass.IllegalState => "illegal execution state",
            Arm64ExceptionClass.Svc => "SVC",
            Arm64ExceptionClass.Hvc => "HVC",
            Arm64ExceptionClass.Smc => "SMC",
            Arm64ExceptionClass.InstructionAbort => "instruction abort",
            Arm64ExceptionClass.PcAlignment => "PC alignment fault",
            Arm64ExceptionClass.DataAbort => "data abort",
            Arm64ExceptionClass.SpAlignment => "SP alignment fault",
            _ => "BRK",
        },
        Arm64FaultCause.NotSimulated => "not simulated",
        Arm64FaultCause.Unpredictable => "constrained unpredictable",
        Arm64FaultCause.StaleData => "stale data",
        Arm64FaultCause.StaleInstruction => "stale instruction",
        _ => (InnerException as MemoryFaultException)?.Fault switch
        {
            MemoryFault.Unwritten => "unwritten memory",
            MemoryFault.Guarded => "guarded memory",
            _ => "outside memory",
        },
    };
}
