namespace Baton.Proofs;

/// <summary>
/// An instruction that a processor does not complete: an exception of the architecture, or something that a proof does
/// not accept (memory that nobody has written, an instruction that is not simulated). The registers are as before it.
/// </summary>
public abstract class ProcessorFaultException : Exception
{
    /// <param name="message">One sentence: what, and why.</param>
    /// <param name="programCounter">The instruction's address: linear on x86, virtual on arm64.</param>
    /// <param name="inner">The memory's refusal, if that is the cause.</param>
    protected ProcessorFaultException(string message, ulong programCounter, Exception? inner)
        : base(message, inner) => ProgramCounter = programCounter;

    /// <summary>The address of the instruction: linear on x86, virtual on arm64.</summary>
    public ulong ProgramCounter { get; }

    /// <summary>
    /// The architecture's name of it (<c>#GP(0x10)</c>), or what the simulation refuses (<c>unwritten memory</c>).
    /// </summary>
    public abstract string Kind { get; }

    /// <summary>Lines for a report: the page walk, the descriptor, the register that is at fault.</summary>
    public IReadOnlyList<string> Details { get; init; } = [];
}
