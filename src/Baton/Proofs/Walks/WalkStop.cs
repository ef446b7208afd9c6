namespace Baton.Proofs.Walks;

/// <summary>Why a walk stands where it stands.</summary>
public enum WalkStopReason
{
    /// <summary>Nothing has been carried out yet.</summary>
    Start,

    /// <summary>The instructions that were asked for are done.</summary>
    Steps,

    /// <summary>It came to the address that was asked for, or back from a call or a loop.</summary>
    Address,

    /// <summary>It came to the kernel's first instruction.</summary>
    Entry,

    /// <summary>The mode has changed.</summary>
    Mode,

    /// <summary>The next instruction is what was looked for.</summary>
    Match,

    /// <summary>The limit for one command is used up.</summary>
    Limit,

    /// <summary>It went back.</summary>
    Back,

    /// <summary>The next instruction cannot be carried out.</summary>
    Fault,
}

/// <summary>How a command of a walk ended.</summary>
/// <param name="Reason">Why it stands.</param>
/// <param name="From">Instructions completed before the command.</param>
/// <param name="To">Instructions completed now.</param>
/// <param name="Fault">What is wrong with the next instruction; null unless it was tried.</param>
public sealed record WalkStop(WalkStopReason Reason, ulong From, ulong To, ProcessorFaultException? Fault = null);

/// <summary>A register that is not what it was at the last stop.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Before">Its value at the last stop.</param>
/// <param name="After">Its value now.</param>
public sealed record RegisterChange(string Name, string Before, string After);

/// <summary>An instruction after which the processor was in another mode.</summary>
/// <param name="Position">Instructions completed, that one included.</param>
/// <param name="Address">That instruction's address.</param>
/// <param name="Before">The mode before, as <see cref="IWalkMachine.Mode"/> numbers it.</param>
/// <param name="After">The mode after.</param>
public sealed record ModeChange(ulong Position, ulong Address, int Before, int After);
