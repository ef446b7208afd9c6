using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Gathers;

/// <summary>
/// Walks a whole page list as the relocator would, with the name of each page in place of its bytes: every page that
/// is held must end where it belongs, and nothing may be written that is not a destination or the spare page.
/// </summary>
public sealed class PageListCheck
{
    private const int None = -1;

    private readonly PageMove[] _held;
    private readonly int[] _ordinals;
    private readonly ulong[] _contents;
    private readonly ulong _spare;
    private ulong _aside;
    private string? _problem;

    private PageListCheck(IReadOnlyList<PageMove> held, ulong spare)
    {
        _held = [.. held];
        Array.Sort(_held, (a, b) => a.Destination.CompareTo(b.Destination));
        _ordinals = new int[_held.Length];
        int pages = 0;
        for (int i = 0; i < _held.Length; i++)
        {
            _ordinals[i] = pages;
            pages += (int)_held[i].Pages;
        }

        // What a destination holds before anything was moved there is itself.
        _contents = new ulong[pages];
        for (int i = 0; i < _held.Length; i++)
        {
            for (ulong page = 0; page < _held[i].Pages; page++)
            {
                _contents[_ordinals[i] + (int)page] = _held[i].Destination + page;
            }
        }

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
            problem = check._problem ?? check.Misplaced();
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
            ulong content = At(move.Source + page);
            int ordinal = OrdinalOf(to);
            if (ordinal != None)
            {
                _contents[ordinal] = content;
            }
            else if (to == _spare)
            {
                _aside = content;
            }
            else
            {
                _problem = $"entry {Entries}, {move}: 0x{to * PageMove.PageSize:x} is written, which is no destination";
            }

            Copies++;
        }
    }

    private string? Misplaced()
    {
        for (int held = 0; held < _held.Length; held++)
        {
            PageMove move = _held[held];
            for (ulong i = 0; i < move.Pages; i++)
            {
                ulong found = _contents[_ordinals[held] + (int)i];
                if (found != move.Source + i)
                {
                    return $"0x{(move.Destination + i) * PageMove.PageSize:x} would hold what was at "
                        + $"0x{found * PageMove.PageSize:x}, not at 0x{(move.Source + i) * PageMove.PageSize:x}";
                }
            }
        }

        return null;
    }

    private ulong At(ulong page)
    {
        int ordinal = OrdinalOf(page);
        return ordinal != None ? _contents[ordinal] : page == _spare ? _aside : page;
    }

    /// <summary>How many pages of destinations lie before a page, which is one itself; or none.</summary>
    private int OrdinalOf(ulong page)
    {
        int low = 0;
        int high = _held.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (page < _held[middle].Destination)
            {
                high = middle - 1;
            }
            else if (page >= _held[middle].DestinationEnd)
            {
                low = middle + 1;
            }
            else
            {
                return _ordinals[middle] + (int)(page - _held[middle].Destination);
            }
        }

        return None;
    }
}
