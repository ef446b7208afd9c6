using Baton.Memory;

namespace Baton.Trampolines;

/// <summary>A finished trampoline: code and descriptor table, stack, page tables, in this order.</summary>
/// <param name="Place">Where it must lie, in whole pages.</param>
/// <param name="Bytes">All of it, as long as the place.</param>
/// <param name="EntryOffset">The first instruction, in bytes from the start.</param>
/// <param name="CodeLength">Bytes of code and constants at the start.</param>
/// <param name="Tables">The page tables in it.</param>
public sealed record TrampolineImage(
    PhysicalRange Place, ReadOnlyMemory<byte> Bytes, int EntryOffset, int CodeLength, PageTables Tables)
{
    /// <summary>Where the carrier jumps.</summary>
    public PhysicalAddress Entry => Place.Start + (ulong)EntryOffset;
}
