namespace Baton.Gathers;

/// <summary>An extent of pages that is moved as one.</summary>
/// <param name="Source">The first page, as a number: its physical address divided by the page size.</param>
/// <param name="Destination">Where the first page goes, as a number.</param>
/// <param name="Pages">How many pages follow each other at both places; at least one.</param>
/// <param name="Descending">Whether the last page is moved first.</param>
public readonly record struct PageMove(ulong Source, ulong Destination, ulong Pages, bool Descending = false)
{
    /// <summary>Bytes of a page.</summary>
    public const ulong PageSize = 4096;

    /// <summary>The first page behind the source.</summary>
    public ulong SourceEnd => Source + Pages;

    /// <summary>The first page behind the destination.</summary>
    public ulong DestinationEnd => Destination + Pages;

    public override string ToString() =>
        $"{Pages} pages from 0x{Source * PageSize:x} to 0x{Destination * PageSize:x}{(Descending ? ", the last first" : "")}";
}
