namespace Baton.Memory;

/// <summary>A range, what it is, and who said so.</summary>
/// <param name="Range">The range, in bytes of physical memory.</param>
/// <param name="Kind">What it is for.</param>
/// <param name="Source">The file or table that said so, e.g. <c>firmware memmap</c>.</param>
public sealed record MemoryRegion(PhysicalRange Range, MemoryKind Kind, string Source)
{
    /// <summary>The source's own name for the range where it has one, e.g. <c>Crash kernel</c>; else empty.</summary>
    public string Label { get; init; } = "";

    /// <summary>
    /// Whether it cannot be: something to read that reaches beyond <see cref="PhysicalAddress.Limit"/>. Nobody looks into what is
    /// reserved, so that this may lie anywhere.
    /// </summary>
    public bool IsImpossible =>
        (Kind.IsRam || Kind == MemoryKind.AcpiTables || Kind == MemoryKind.AcpiNvs) && Range.End > PhysicalAddress.Limit;

    public override string ToString() => $"{Range} {Kind}{(Label.Length > 0 ? $" ({Label})" : "")} [{Source}]";
}
