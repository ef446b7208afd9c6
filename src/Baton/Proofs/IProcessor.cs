namespace Baton.Proofs;

/// <summary>A simulated processor, as the proof and the walk through it see it.</summary>
public interface IProcessor
{
    /// <summary>The memory that it reads and writes.</summary>
    PhysicalMemory Memory { get; }

    /// <summary>Instructions completed since the start; a repeated string instruction counts once.</summary>
    ulong Instructions { get; }

    /// <summary>
    /// The address of the next instruction, or of the one that is being carried out: linear on x86, virtual on arm64.
    /// </summary>
    ulong ProgramCounter { get; }

    /// <summary>Carries one instruction out.</summary>
    /// <exception cref="ProcessorFaultException">It cannot be; the registers are as before it.</exception>
    void ExecuteNext();
}
