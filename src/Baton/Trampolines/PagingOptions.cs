namespace Baton.Trampolines;

/// <summary>What page tables may use.</summary>
/// <param name="GigabytePages">Whether the processor has pages of 1 GiB (the flag <c>pdpe1gb</c>).</param>
public sealed record PagingOptions(bool GigabytePages);
