using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Gathers;

/// <summary>
/// Where the pages of a handoff might lie, for a proof before any is filled: in blocks all over the machine's memory, and there
/// in any order, so that hardly two follow each other. Pure, and the same each time.
/// </summary>
public static class SupposedPages
{
    private const ulong PageSize = PageMove.PageSize;

    /// <summary>2 MiB; what is not taken stays whole, so that a list finds its place as it does in a real machine.</summary>
    private const ulong SmallestBlock = 512;

    private const int MostBlocks = 4096;
    private const int Seed = 1;

    /// <summary>Supposes a place for each page of a handoff's segments.</summary>
    /// <param name="handoff">The handoff.</param>
    /// <param name="ram">The machine's memory that may be written.</param>
    /// <exception cref="PlacementException">It is larger than the memory.</exception>
    public static IReadOnlyList<PageMove> Of(Handoff handoff, RangeSet ram)
    {
        ArgumentNullException.ThrowIfNull(handoff);
        ArgumentNullException.ThrowIfNull(ram);
        RangeSet memory = ram.Subtract([GatherPlanner.LowMemory]).ShrinkTo(PageSize);
        if (memory.Length < handoff.LoadedBytes)
        {
            throw new PlacementException(
                new PlacementRequest { Name = "the image's pages", Length = handoff.LoadedBytes }, memory);
        }

        Random random = new(Seed);
        ulong[] pages = Take(memory, checked((int)(handoff.LoadedBytes / PageSize)), random);
        List<PageMove> held = new(pages.Length);
        foreach (Segment segment in handoff.Segments)
        {
            for (ulong page = 0; page < segment.Destination.Length / PageSize; page++)
            {
                held.Add(new PageMove(pages[held.Count], (segment.Destination.Start.Value / PageSize) + page, 1));
            }
        }

        return held;
    }

    private static ulong[] Take(RangeSet memory, int count, Random random)
    {
        PhysicalRange[] blocks = Blocks(memory);
        random.Shuffle(blocks);
        ulong[] pages = new ulong[count];
        int taken = 0;
        foreach (PhysicalRange block in blocks)
        {
            for (ulong page = 0; page < block.Length / PageSize && taken < count; page++)
            {
                pages[taken++] = (block.Start.Value / PageSize) + page;
            }
        }

        random.Shuffle(pages);
        return pages;
    }

    private static PhysicalRange[] Blocks(RangeSet memory)
    {
        ulong length = SmallestBlock * PageSize;
        while (memory.Length / length > MostBlocks)
        {
            length *= 2;
        }

        List<PhysicalRange> blocks = [];
        foreach (PhysicalRange range in memory)
        {
            for (PhysicalAddress at = range.Start; at < range.End; at += length)
            {
                blocks.Add(new PhysicalRange(at, Math.Min(length, range.End - at)));
            }
        }

        return [.. blocks];
    }
}
