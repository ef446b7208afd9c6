using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Gathers;

/// <summary>
/// Walks a whole page list as the relocator would, with the name of each page in place of its bytes: every page that
/// is written must get there what belongs to it, none that is held may be left out, and nothing else may be written but
/// the spare page. What a destination holds needs no more than a bit: itself, or what belongs there.
/// </summary>
public sealed class PageListCheck
{
    private const int None = -1;

    private readonly SortedExtents _held;

    /// <summary>Which pages of destinations were written, each with what belongs there.</summary>
    private readonly PageMarks _isWritten;
    private readonly ulong _spare;

    /// <summary>What the spare page holds.</summary>
    private ulong _aside;
    private string? _problem;

    private PageListCheck(IReadOnlyList<PageMove> held, ulong spare)
    {
        _held = SortedExtents.ByDestination([.. held]);
        _isWritten = new PageMarks(_held);
        _spare = _aside = spare;
    }

    /// <summary>The words' moves, extents counted once.</summary>
    public int Entries { get; private set; }

    /// <summary>Pages that are copied, those over the spare page included.</summary>
    public ulong Copies { get; private set; }

    /// <summary>Walks a list.</summary>
    /// <param name="pieces">The list.</param>
    /// <param name="start">Its first word.</param>
    /// <param name="held">Where each page lies and where it belongs.</param>
    /// <param name="spare">The spare page, as a number.</param>
    /// <param name="problem">The first thing that is wrong; null when nothing is.</param>
    public static PageListCheck Run(
        IReadOnlyList<Segment> pieces,
        PhysicalAddress start,
        IReadOnlyList<PageMove> held,
        ulong spare,
        out string? problem)
    {
        ArgumentNullException.ThrowIfNull(held);
        PageListCheck check = new(held, spare);
        try
        {
            PageList.Read(pieces, start, check.Carry);
            problem = check._problem ?? check.LeftOut();
        }
        catch (InvalidDataException e)
        {
            problem = e.Message;
        }

        return check;
    }

    private void Carry(PageMove move)
    {
        Entries++;
        for (ulong i = 0; i < move.Pages && _problem is null; i++)
        {
            ulong page = move.Descending ? move.Pages - 1 - i : i;
            ulong to = move.Destination + page;
            Write(to, At(move.Source + page), move);
            Copies++;
        }
    }

    private void Write(ulong to, ulong content, PageMove move)
    {
        int extent = ExtentOf(to);
        if (extent != None)
        {
            _problem = content == Wanted(extent, to) ? null : Misplaced(extent, to, content);
            _isWritten[extent, to] = true;
        }
        else if (to == _spare)
        {
            _aside = content;
        }
        else
        {
            _problem = $"entry {Entries}, {move}: 0x{to * PageMove.PageSize:x} is written, which is no destination";
        }
    }

    /// <summary>The first page that was left out, though it does not lie where it belongs.</summary>
    private string? LeftOut()
    {
        for (int extent = 0; extent < _held.Count; extent++)
        {
            PageMove move = _held[extent];
            for (ulong page = move.Destination; page < move.DestinationEnd && move.Source != move.Destination; page++)
            {
                if (!_isWritten[extent, page])
                {
                    return Misplaced(extent, page, page);
                }
            }
        }

        return null;
    }

    private string Misplaced(int extent, ulong page, ulong content) =>
        $"0x{page * PageMove.PageSize:x} would hold what was at 0x{content * PageMove.PageSize:x}, "
        + $"not at 0x{Wanted(extent, page) * PageMove.PageSize:x}";

    /// <summary>What a page holds: the page that was there before anything was moved.</summary>
    private ulong At(ulong page)
    {
        int extent = ExtentOf(page);
        return extent == None ? (page == _spare ? _aside : page)
            : _isWritten[extent, page] ? Wanted(extent, page)
            : page;
    }

    /// <summary>What belongs to a page of an extent's destination.</summary>
    private ulong Wanted(int extent, ulong page) => _held[extent].Source + (page - _held[extent].Destination);

    /// <summary>The extent in whose destination a page lies; or none.</summary>
    private int ExtentOf(ulong page)
    {
        int first = _held.FirstReaching(page);
        return _held.Has(first, page) ? first : None;
    }
}
