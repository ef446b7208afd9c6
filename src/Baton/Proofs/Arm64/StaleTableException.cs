namespace Baton.Proofs.Arm64;

/// <summary>A walk that may see an older descriptor than the one that was last written.</summary>
internal sealed class StaleTableException(ulong address, bool isCacheable) : Exception(
    $"the walk reads the descriptor at 0x{address:x} "
    + (isCacheable
        ? "through the cache, which may hold an older copy: it was written around the cache and not invalidated"
        : "around the cache, and its line is dirty and was not cleaned to the point of coherency"));
