namespace Baton.Proofs.EntryStates;

/// <summary>
/// What is known of the caches at the entry of a kexec image. QEMU models no caches: this is read from the kernel's
/// source alone, and no measurement confirms it.
/// </summary>
public sealed record CachePromise
{
    /// <summary>
    /// The destinations of segments hold in memory (at the point of coherency) what was loaded, with no cache line over
    /// it that is newer or will be written back later.
    /// </summary>
    public required bool SegmentsAreCleanToPointOfCoherency { get; init; }

    /// <summary>The processor's instruction cache was invalidated after the last byte was copied.</summary>
    public required bool InstructionCacheIsInvalidated { get; init; }

    /// <summary>
    /// Whether memory outside of the segments is clean as well. Where it is not, a byte that is written there past the
    /// caches can be lost later to an old line that is written back: clean and invalidate it before.
    /// </summary>
    public required bool OtherMemoryIsClean { get; init; }

    /// <summary>The kernel's files that promise it.</summary>
    public required string Source { get; init; }
}
