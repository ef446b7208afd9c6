namespace Baton.Proofs.EntryStates;

/// <summary>
/// What the page tables that a kexec image is entered with are good for. What is not promised here is unknown: sizes of
/// pages, other mappings, everything that is neither memory nor a segment (devices, firmware's tables, holes).
/// </summary>
public sealed record PageTablePromise
{
    /// <summary>Levels of the tables: 4 or 5.</summary>
    public required int Levels { get; init; }

    /// <summary>
    /// Every byte that the old kernel lists as System RAM is mapped one to one. The hole below 1 MiB often is, by the
    /// size of the pages around it, but nobody says so.
    /// </summary>
    public required bool MapsMemory { get; init; }

    /// <summary>Every destination of a segment is mapped one to one, in memory or not.</summary>
    public required bool MapsSegments { get; init; }

    /// <summary>What is mapped one to one can be written.</summary>
    public required bool IsWritable { get; init; }

    /// <summary>What is mapped one to one can be executed: no NX on any level.</summary>
    public required bool IsExecutable { get; init; }

    /// <summary>
    /// No table that the mapping one to one is made of lies in the destination of a segment, so that the copying has
    /// not changed it. A program that writes outside of the segments may still write to them.
    /// </summary>
    public required bool TablesAreOutsideSegments { get; init; }

    /// <summary>The kernel's files that promise it.</summary>
    public required string Source { get; init; }
}
