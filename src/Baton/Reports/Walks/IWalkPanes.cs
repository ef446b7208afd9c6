using Baton.Handoffs;
using Baton.Proofs.Walks;

namespace Baton.Reports.Walks;

/// <summary>What a walk shows, as text; one implementation a kind of processor.</summary>
public interface IWalkPanes
{
    /// <summary>The processor's architecture.</summary>
    Architecture Architecture { get; }

    /// <summary>The address of the memory that is shown at first, as it would be typed.</summary>
    string FirstWatched { get; }

    /// <summary>The registers, those marked that have changed since the last stop.</summary>
    IReadOnlyList<PaneLine> Registers(WalkSession session);

    /// <summary>The way to the next instruction, that instruction, and what stands behind it.</summary>
    /// <param name="session">The walk.</param>
    /// <param name="before">Instructions of the way that are shown at most.</param>
    /// <param name="after">Instructions behind the next one that are shown at most.</param>
    IReadOnlyList<PaneLine> Code(WalkSession session, int before, int after);

    /// <summary>A listing from an address, in the width of the mode.</summary>
    IReadOnlyList<PaneLine> Listing(WalkSession session, ulong address, int count);

    /// <summary>The text of the next instruction; empty when there is no code.</summary>
    string NextInstruction(WalkSession session);

    /// <summary>The segment registers and the table that they were loaded from; null for a processor without segments.</summary>
    IReadOnlyList<PaneLine>? Descriptors(WalkSession session);

    /// <summary>The system registers that say how memory is seen; null for a processor whose registers say it all.</summary>
    IReadOnlyList<PaneLine>? SystemRegisters(WalkSession session);

    /// <summary>What the caches hide; null for a processor whose caches hide nothing.</summary>
    /// <param name="session">The walk.</param>
    /// <param name="address">One line's, as code would use it; null for all of memory.</param>
    IReadOnlyList<PaneLine>? Caches(WalkSession session, ulong? address);

    /// <summary>How an address is translated, table by table.</summary>
    IReadOnlyList<PaneLine> PageWalk(WalkSession session, ulong address);
}
