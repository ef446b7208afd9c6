namespace Baton.Proofs.X64;

/// <summary>Why <see cref="X64Processor.Run"/> has come back.</summary>
public enum X64Stop
{
    /// <summary>The number of instructions is used up.</summary>
    Limit,

    /// <summary>The next instruction is at one of the addresses to stop at.</summary>
    Address,

    /// <summary>The processor has halted.</summary>
    Halted,
}
