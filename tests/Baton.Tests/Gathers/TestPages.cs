using Baton.Gathers;
using Baton.Handoffs;
using Baton.Linux.Gathers;
using Baton.Machines;
using Baton.Memory;
using Baton.Protocols.LinuxX86;
using Baton.Tests.Protocols;

namespace Baton.Tests.Gathers;

/// <summary>Made-up pages of processes, with handoffs whose segments lie in them.</summary>
internal static class TestPages
{
    public const ulong PageSize = PageMove.PageSize;

    /// <summary>Random extents, in and around the place where they belong, so that many wait for each other.</summary>
    /// <param name="random">Where from.</param>
    /// <param name="first">The first page of a region of twice as many pages.</param>
    /// <param name="pages">How many pages there are.</param>
    /// <param name="longest">The longest extent.</param>
    public static List<PageMove> Scatter(Random random, ulong first, int pages, int longest)
    {
        List<(ulong Start, ulong Length)> extents = Cut(random, pages, longest);
        ulong[] places = Places(random, extents, first, (ulong)pages);
        List<PageMove> moves = [];
        ulong destination = first + (ulong)random.Next(pages);
        for (int i = 0; i < extents.Count; i++)
        {
            moves.Add(new PageMove(places[i], destination, extents[i].Length));
            destination += extents[i].Length;
        }

        PageMove[] shuffled = [.. moves];
        random.Shuffle(shuffled);
        return [.. shuffled];
    }

    /// <summary>A handoff with an initrd whose bytes tell where they belong.</summary>
    public static Handoff Handoff(Machine machine, int initrdPages)
    {
        byte[] initrd = new byte[(initrdPages * (int)PageSize) - 100];
        new Random(7).NextBytes(initrd);
        return LinuxX86Planner.Plan(TestKernels.Request(machine) with { Initrd = SegmentContent.OfBytes(initrd, "initrd") });
    }

    /// <summary>Every page of a handoff at some page between two addresses.</summary>
    public static List<PageMove> Hold(Handoff handoff, Random random, ulong from, ulong to)
    {
        HashSet<ulong> taken = [];
        List<PageMove> held = [];
        foreach (Segment segment in handoff.Segments)
        {
            for (ulong page = 0; page < segment.Destination.Length / PageSize; page++)
            {
                ulong source;
                do
                {
                    source = (ulong)random.NextInt64((long)(from / PageSize), (long)(to / PageSize));
                }
                while (!taken.Add(source));

                held.Add(new PageMove(source, (segment.Destination.Start.Value / PageSize) + page, 1));
            }
        }

        return held;
    }

    public static GatheredHandoff Gather(Handoff handoff, IReadOnlyList<PageMove> held, Machine machine) =>
        GatherCarrier.PlanOn(machine, handoff, held);

    public static PhysicalRange RangeOf(ulong page, ulong pages = 1) =>
        new(new PhysicalAddress(page * PageSize), pages * PageSize);

    private static List<(ulong Start, ulong Length)> Cut(Random random, int pages, int longest)
    {
        List<(ulong, ulong)> extents = [];
        for (int at = 0; at < pages;)
        {
            int length = Math.Min(random.Next(1, longest + 1), pages - at);
            extents.Add(((ulong)at, (ulong)length));
            at += length;
        }

        return extents;
    }

    /// <summary>The extents in random order with random gaps, as many free pages as there are taken.</summary>
    private static ulong[] Places(Random random, List<(ulong Start, ulong Length)> extents, ulong first, ulong gap)
    {
        int[] order = [.. Enumerable.Range(0, extents.Count)];
        random.Shuffle(order);
        ulong[] places = new ulong[extents.Count];
        ulong at = first;
        foreach (int extent in order)
        {
            ulong skip = random.Next(3) == 0 ? (ulong)random.NextInt64((long)(gap / 4) + 1) : 0;
            gap -= skip;
            at += skip;
            places[extent] = at;
            at += extents[extent].Length;
        }

        return places;
    }
}
