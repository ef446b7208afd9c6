using System.Buffers.Binary;
using Baton.Handoffs;
using Baton.Memory;
using Baton.Trampolines;

namespace Baton.Gathers;

/// <summary>
/// A list of moves as the relocator reads it (docs/gather.md): kload's and kexec's words, of which a source may stand
/// for up to 4096 pages. It may lie in several pieces, each of which leads to the next.
/// </summary>
public static class PageList
{
    /// <summary>The most pages that one word can move: what the 12 bits above an address can count.</summary>
    public const ulong MaxPages = 1 << 12;

    private const int WordSize = sizeof(ulong);
    private const int CountShift = 52;
    private const ulong AddressMask = ((1UL << CountShift) - 1) & ~(PageMove.PageSize - 1);

    /// <summary>The words for moves, without the one that ends a piece.</summary>
    /// <param name="moves">In the order in which they are to happen.</param>
    public static IReadOnlyList<ulong> Words(IReadOnlyList<PageMove> moves)
    {
        ArgumentNullException.ThrowIfNull(moves);
        List<ulong> words = new(moves.Count * 2);
        ulong next = ulong.MaxValue;
        foreach (PageMove move in moves)
        {
            for (ulong done = 0; done < move.Pages;)
            {
                ulong pages = Math.Min(move.Pages - done, MaxPages);
                ulong skipped = move.Descending ? move.Pages - done - pages : done;
                ulong destination = move.Destination + skipped;
                if (destination != next)
                {
                    words.Add(Word(destination, PageListBits.Destination));
                }

                ulong direction = move.Descending && pages > 1 ? 1UL << PageListBits.Descending : 0;
                words.Add(Word(move.Source + skipped, PageListBits.Source) | direction | ((pages - 1) << CountShift));
                next = destination + pages;
                done += pages;
            }
        }

        return words;
    }

    /// <summary>The bytes that words take, with the one that ends a piece.</summary>
    public static ulong BytesFor(int words) => ((ulong)words + 1) * WordSize;

    /// <summary>Distributes words over places, the first of which is where the relocator begins.</summary>
    /// <exception cref="ArgumentException">They do not fit.</exception>
    public static IReadOnlyList<Segment> Write(IReadOnlyList<ulong> words, IReadOnlyList<PhysicalRange> places)
    {
        ArgumentNullException.ThrowIfNull(words);
        ArgumentNullException.ThrowIfNull(places);
        List<Segment> pieces = [];
        int next = 0;
        for (int i = 0; i < places.Count; i++)
        {
            int capacity = checked((int)(places[i].Length / WordSize)) - 1;
            int count = Math.Min(words.Count - next, capacity);
            byte[] bytes = new byte[(count + 1) * WordSize];
            for (int word = 0; word < count; word++)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(word * WordSize), words[next + word]);
            }

            next += count;
            bool isLast = i == places.Count - 1;
            ulong end = isLast
                ? 1UL << PageListBits.Done
                : Word(places[i + 1].Start.Value / PageMove.PageSize, PageListBits.Indirect);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(count * WordSize), end);
            string name = i == 0 ? "page list" : $"page list {i + 1}";
            pieces.Add(new Segment(name, places[i], SegmentContent.OfBytes(bytes, name)));
        }

        return next == words.Count
            ? pieces
            : throw new ArgumentException($"{words.Count} words do not fit into {places.Count} places", nameof(places));
    }

    /// <summary>Reads a list as the relocator does.</summary>
    /// <param name="pieces">Where it lies.</param>
    /// <param name="start">Its first word.</param>
    /// <param name="move">What is done with each move.</param>
    /// <exception cref="InvalidDataException">It leaves its pieces, has a word that is none, or does not end.</exception>
    public static void Read(IReadOnlyList<Segment> pieces, PhysicalAddress start, Action<PageMove> move)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        ArgumentNullException.ThrowIfNull(move);
        ulong? destination = null;
        foreach (ulong word in ReadWords(pieces, start))
        {
            ulong page = (word & AddressMask) / PageMove.PageSize;
            if (Has(word, PageListBits.Source))
            {
                ulong pages = (word >> CountShift) + 1;
                ulong to = destination ?? throw new InvalidDataException($"0x{word:x}: a source before any destination");
                move(new PageMove(page, to, pages, Has(word, PageListBits.Descending)));
                destination = to + pages;
            }
            else
            {
                destination = page;
            }
        }
    }

    /// <summary>The words for destinations and sources, those that lead on and end left out.</summary>
    private static IEnumerable<ulong> ReadWords(IReadOnlyList<Segment> pieces, PhysicalAddress start)
    {
        byte[] page = new byte[PageMove.PageSize];
        ulong loaded = ulong.MaxValue;
        PhysicalAddress at = start;
        long limit = pieces.Sum(piece => piece.Content.Length / WordSize);
        for (; limit > 0; limit--)
        {
            if (at.Value / PageMove.PageSize != loaded)
            {
                loaded = at.Value / PageMove.PageSize;
                Load(pieces, at.AlignDown(PageMove.PageSize), page);
            }

            ulong word = BinaryPrimitives.ReadUInt64LittleEndian(page.AsSpan((int)(at.Value % PageMove.PageSize)));
            at += WordSize;
            if (Has(word, PageListBits.Source) || (word & 0xf) == 1UL << PageListBits.Destination)
            {
                yield return word;
            }
            else if ((word & 0xf) == 1UL << PageListBits.Indirect)
            {
                at = new PhysicalAddress(word & AddressMask);
            }
            else if ((word & 0xf) == 1UL << PageListBits.Done)
            {
                yield break;
            }
            else
            {
                throw new InvalidDataException($"0x{word:x} before {at} is no word of a page list");
            }
        }

        throw new InvalidDataException("the page list does not end");
    }

    private static void Load(IReadOnlyList<Segment> pieces, PhysicalAddress at, byte[] page)
    {
        Segment piece = pieces.FirstOrDefault(piece => piece.Destination.Contains(at))
            ?? throw new InvalidDataException($"the page list leads to {at}, where no piece of it lies");
        piece.Content.Read((long)(at - piece.Destination.Start), page);
    }

    private static ulong Word(ulong page, int kind) => (page * PageMove.PageSize) | (1UL << kind);

    private static bool Has(ulong word, int bit) => (word & (1UL << bit)) != 0;
}
