using Baton.Handoffs;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.X64;

namespace Baton.Gathers;

/// <summary>
/// Proves a gathered handoff, in two parts. The relocator, with its own page tables and at its own place, runs on the
/// simulated processor from the state in which kexec leaves the machine up to the next kernel's first instruction. It
/// walks a short list there, with every kind of word, which brings the trampoline, other small segments and the first pages
/// of the large ones to their places; what is left is in place already. The real list, however long, is walked word by
/// word with the names of pages in place of their bytes (<see cref="PageListCheck"/>), and all its pages are looked up in
/// the relocator's page tables.
/// </summary>
public static class GatherProof
{
    private const ulong PageSize = PageMove.PageSize;

    /// <summary>Segments of no more pages are moved whole on the simulated processor.</summary>
    private const ulong PagesOfSmall = 64;

    /// <summary>Pages of the others that are.</summary>
    private const ulong PagesOfLarge = 16;

    private const string Own = "docs/gather.md";

    /// <summary>Runs the proof.</summary>
    /// <param name="gathered">What would be loaded.</param>
    /// <param name="machine">Where it would happen.</param>
    /// <param name="contract">What the next kernel demands.</param>
    public static ProofReport Run(GatheredHandoff gathered, X64ProofMachine machine, Contract<X64Arrival> contract)
    {
        ArgumentNullException.ThrowIfNull(gathered);
        ArgumentNullException.ThrowIfNull(contract);
        CrossingStart start = Specimen(gathered, out IReadOnlyList<PageMove> held);
        Contract<X64Arrival> both = contract with { Clauses = [PagesArrive(held), ReachesAll(gathered), .. contract.Clauses] };
        ProofReport crossing = X64Proof.Run(gathered.Handoff, start, machine, both);
        return crossing with { Clauses = [ListMovesAll(gathered), LiesApart(gathered), .. crossing.Clauses] };
    }

    private static Clause<X64Arrival> PagesArrive(IReadOnlyList<PageMove> held) => new(
        "moved-pages",
        "Each page that the relocator has moved holds the bytes of its segment.",
        Own,
        arrival =>
        {
            Segment own = arrival.SegmentAt(arrival.Handoff.Entry.Value)!;
            byte[] expected = new byte[PageSize];
            byte[] seen = new byte[PageSize];
            foreach (PageMove move in held)
            {
                PhysicalRange page = RangeOf(move.Destination, 1);
                Segment segment = arrival.SegmentAt(page.Start.Value)!;
                segment.Content.Read((long)(page.Start - segment.Destination.Start), expected);

                // The trampoline has run meanwhile, on a stack of its own, and has written what it was to write.
                arrival.Memory.Copy(page.Start.Value, seen);
                foreach (PhysicalRange range in arrival.Handoff.CrossingWrites)
                {
                    if (range.Intersect(page) is { } written)
                    {
                        seen.AsSpan((int)(written.Start - page.Start), (int)written.Length).Clear();
                        expected.AsSpan((int)(written.Start - page.Start), (int)written.Length).Clear();
                    }
                }

                if (segment != own && !seen.AsSpan().SequenceEqual(expected))
                {
                    return Verdict.Broken($"{page} of {segment.Name} holds other bytes");
                }
            }

            return Verdict.Kept($"{held.Count} pages");
        });

    /// <summary>
    /// The list of the simulated crossing is short: whatever the real one names is looked up in the tables that are in use
    /// when the relocator has done its part.
    /// </summary>
    private static Clause<X64Arrival> ReachesAll(GatheredHandoff gathered) => new(
        "relocator-reach",
        "The relocator's page tables map the page list, every held page and every place where one goes, one to one.",
        Own,
        arrival =>
        {
            if (arrival.SpaceOnTheWay is not { } space)
            {
                return Verdict.Broken("the handoff's trampoline was never entered");
            }

            string? problem = null;
            foreach (Segment list in gathered.Lists)
            {
                problem ??= space.WhyNotIdentity(list.Destination);
            }

            ulong pages = 0;
            foreach (PageMove move in gathered.Held)
            {
                problem ??= space.WhyNotIdentity(RangeOf(move.Source, move.Pages))
                    ?? space.WhyNotIdentity(RangeOf(move.Destination, move.Pages));
                pages += move.Pages;
            }

            return Verdict.Unless(problem, $"{pages} pages, before and behind");
        });

    private static ClauseResult ListMovesAll(GatheredHandoff gathered)
    {
        PageListCheck check = PageListCheck.Run(
            gathered.Lists, gathered.List, gathered.Held, gathered.Spare, out string? problem);
        return new ClauseResult(
            "page-list",
            "The page list, walked from its first word to its last, brings every held page to where it belongs and writes to "
            + "nothing else but the spare page.",
            Own,
            Verdict.Unless(problem, $"{check.Entries} entries, {check.Copies} pages copied"));
    }

    /// <summary>kexec copies its segments before the relocator runs, and the relocator must not move pages onto itself.</summary>
    private static ClauseResult LiesApart(GatheredHandoff gathered)
    {
        string? problem = null;
        foreach (PageMove move in gathered.Held)
        {
            PhysicalRange source = RangeOf(move.Source, move.Pages);
            PhysicalRange destination = RangeOf(move.Destination, move.Pages);
            foreach (Segment segment in gathered.Segments)
            {
                problem ??= segment.Destination.Overlaps(source) ? $"{segment.Name} lies on held pages at {source}"
                    : segment.Destination.Overlaps(destination) ? $"{segment.Name} lies where pages go, {destination}"
                    : null;
            }
        }

        return new ClauseResult(
            "relocator-place",
            "Relocator and page list lie neither on a held page nor where one goes.",
            Own,
            Verdict.Unless(problem, gathered.Relocator.Destination.ToString()));
    }

    /// <summary>The machine with a list of our own in the place of the real one.</summary>
    private static CrossingStart Specimen(GatheredHandoff gathered, out IReadOnlyList<PageMove> moved)
    {
        List<Segment> loaded = [gathered.Relocator];
        List<PageMove> held = [];
        moved = held;
        List<PhysicalRange> writable = [gathered.Relocator.Destination];
        foreach (Segment segment in gathered.Handoff.Segments)
        {
            bool isOwn = segment.Destination.Contains(gathered.Handoff.Entry);
            ulong pages = segment.Destination.Length / PageSize;
            ulong count = isOwn || pages <= PagesOfSmall ? pages : PagesOfLarge;
            ulong length = count * PageSize;
            writable.Add(new PhysicalRange(segment.Destination.Start, length));
            loaded.AddRange(Shuffle(segment, count, held));
            if (count < pages)
            {
                PhysicalRange rest = PhysicalRange.Between(segment.Destination.Start + length, segment.Destination.End);
                loaded.Add(new Segment(segment.Name, rest, segment.Content.Piece((long)length, (long)rest.Length)));
            }
        }

        loaded.AddRange(PageList.Write(
            PageList.Words(MoveSchedule.Order(held, gathered.Spare)), SpecimenPlaces(gathered.Lists[0].Destination)));
        writable.AddRange(gathered.Handoff.CrossingWrites);
        return new CrossingStart(gathered.Entry, loaded, RangeSet.Of(writable))
        {
            Foreign = RangeSet.Of(gathered.Handoff.Copies.Select(copy => copy.From)),
            Waypoint = gathered.Handoff.Entry,
        };
    }

    /// <summary>The first page and what is behind it, so that a word leads from one to the other.</summary>
    private static List<PhysicalRange> SpecimenPlaces(PhysicalRange list)
    {
        // Few words come before the one that leads on: the piece is as small as the words behind it allow.
        const ulong FirstPiece = 4 * sizeof(ulong);
        return
        [
            new PhysicalRange(list.Start, FirstPiece),
            PhysicalRange.Between(list.Start + PageSize, list.End),
        ];
    }

    /// <summary>
    /// A segment's pages in each other's places: those of the first half one place too high and the first in the place of
    /// the last, the others the other way round. So there are circles, an extent that ascends and one that descends.
    /// </summary>
    private static IEnumerable<Segment> Shuffle(Segment segment, ulong pages, List<PageMove> held)
    {
        ulong first = segment.Destination.Start.Value / PageSize;
        ulong half = pages / 2;
        for (ulong page = 0; page < pages; page++)
        {
            (ulong from, ulong count) = page < half ? (0UL, half) : (half, pages - half);
            ulong shift = page < half ? 1 : count - 1;
            ulong source = first + from + ((page - from + shift) % count);
            held.Add(new PageMove(source, first + page, 1));
            yield return new Segment(
                $"{segment.Name}, page {page}",
                RangeOf(source, 1),
                segment.Content.Piece((long)(page * PageSize), (long)PageSize));
        }
    }

    private static PhysicalRange RangeOf(ulong page, ulong pages) =>
        new(new PhysicalAddress(page * PageSize), pages * PageSize);
}
