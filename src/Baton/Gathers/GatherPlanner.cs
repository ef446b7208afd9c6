using Baton.Handoffs;
using Baton.Memory;
using Baton.Trampolines;

namespace Baton.Gathers;

/// <summary>What a gathered handoff is made of.</summary>
public sealed record GatherRequest
{
    /// <summary>The handoff as the next kernel will find it; on amd64.</summary>
    public required Handoff Handoff { get; init; }

    /// <summary>Where each page of its segments lies and where it belongs: every page of every segment once.</summary>
    public required IReadOnlyList<PageMove> Held { get; init; }

    /// <summary>The machine's memory that may be written: relocator and list lie there, and the held pages do.</summary>
    public required RangeSet Ram { get; init; }

    public required PagingOptions Paging { get; init; }
}

/// <summary>
/// Plans how held pages come to where they belong. Relocator and page list lie neither on a held page, which kexec would
/// overwrite with them, nor at a destination, where the relocator would overwrite itself. Pure.
/// </summary>
public static class GatherPlanner
{
    private const ulong PageSize = PageMove.PageSize;

    /// <summary>Segments that are left for the list beside the relocator.</summary>
    private const int MaxLists = KexecLimits.MaxSegments - 1;

    /// <summary>A list has at least two pages, so that the proof can try its own there, with a word that leads on.</summary>
    private const ulong SmallestList = 2 * PageSize;

    /// <summary>Real-mode vectors and firmware's data lie here.</summary>
    internal static readonly PhysicalRange LowMemory = new(PhysicalAddress.Zero, 0x10_0000);

    /// <summary>Makes the plan.</summary>
    /// <exception cref="PlacementException">Relocator or list find no place.</exception>
    /// <exception cref="ArgumentException">The held pages are not the handoff's, or not memory.</exception>
    public static GatheredHandoff Plan(GatherRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        RangeSet sources = RangeSet.Of(RangesOf(request.Held, move => move.Source));
        RangeSet destinations = RangeSet.Of(request.Handoff.Segments.Select(segment => segment.Destination));
        Check(request, sources, destinations);

        // An old FreeBSD kernel may be moved onto memory of ACPI, which is not among the RAM.
        RangeSet identity = request.Ram.Union(destinations);
        PhysicalAllocator free = new(
            request.Ram.Subtract([LowMemory]).Subtract(sources).Subtract(destinations).ShrinkTo(PageSize));
        PhysicalRange place = free.Allocate(new PlacementRequest
        {
            Name = "relocator",
            Length = Relocator.Measure(identity, request.Paging),
            Max = PhysicalAddress.FourGiB,
        });
        ulong spare = (place.Start + Relocator.SpareOffset).Value / PageSize;
        IReadOnlyList<PageMove> moves = MoveSchedule.Order(request.Held, spare);
        IReadOnlyList<ulong> words = PageList.Words(moves);
        IReadOnlyList<Segment> lists = PageList.Write(words, PlaceLists(words.Count, free));
        TrampolineImage relocator = Relocator.Build(new RelocatorRequest
        {
            Base = place.Start,
            Identity = identity,
            Paging = request.Paging,
            List = lists[0].Destination.Start,
            Next = request.Handoff.Entry,
        });
        return new GatheredHandoff
        {
            Handoff = request.Handoff,
            Relocator = new Segment("relocator", place, SegmentContent.OfBytes(relocator.Bytes, "relocator"))
            {
                Reason = "code, GDT, stack, spare page and page tables",
            },
            Lists = lists,
            Held = request.Held,
            Moves = moves,
        };
    }

    private static void Check(GatherRequest request, RangeSet sources, RangeSet destinations)
    {
        if (sources.Subtract(request.Ram) is { Count: > 0 } outside)
        {
            throw new ArgumentException($"held pages at {outside[0]} are no memory that may be moved", nameof(request));
        }

        RangeSet held = RangeSet.Of(RangesOf(request.Held, move => move.Destination));
        ulong pages = 0;
        foreach (PageMove move in request.Held)
        {
            pages += move.Pages;
        }

        if (held.Subtract(destinations).Count > 0 || destinations.Subtract(held).Count > 0
            || pages * PageSize != request.Handoff.LoadedBytes)
        {
            throw new ArgumentException("the held pages are not those of the handoff's segments", nameof(request));
        }
    }

    /// <summary>One place where there is one, else the largest holes.</summary>
    private static List<PhysicalRange> PlaceLists(int words, PhysicalAllocator free)
    {
        PlacementRequest whole = new()
        {
            Name = "page list",
            Length = Math.Max(SmallestList, RoundUp(PageList.BytesFor(words))),
        };
        PhysicalRange[] holes = [.. free.Free];
        Array.Sort(holes, (a, b) => b.Length.CompareTo(a.Length));
        List<PhysicalRange> places = [];
        foreach (PhysicalRange hole in holes)
        {
            ulong needed = Math.Max(places.Count == 0 ? SmallestList : PageSize, RoundUp(PageList.BytesFor(words)));
            PhysicalRange place = new(hole.Start, Math.Min(hole.Length, needed));
            if (places.Count == MaxLists || (places.Count == 0 && place.Length < SmallestList))
            {
                break;
            }

            places.Add(place);
            if (place.Length == needed)
            {
                return places;
            }

            words -= (int)(place.Length / sizeof(ulong)) - 1;
        }

        throw new PlacementException(whole, free.Free);
    }

    private static IEnumerable<PhysicalRange> RangesOf(IReadOnlyList<PageMove> moves, Func<PageMove, ulong> first)
    {
        foreach (PageMove move in moves)
        {
            yield return new PhysicalRange(new PhysicalAddress(first(move) * PageSize), move.Pages * PageSize);
        }
    }

    private static ulong RoundUp(ulong length) => (length + PageSize - 1) & ~(PageSize - 1);
}
