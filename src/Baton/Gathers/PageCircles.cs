namespace Baton.Gathers;

/// <summary>
/// Orders single pages that wait for each other: a page goes where another one is only after that has gone. Pages whose
/// place is free begin; what is left then are circles, and each is broken by putting one page aside.
/// </summary>
/// <param name="sources">The pages, ascending.</param>
/// <param name="destinations">Where each goes.</param>
/// <param name="spare">The page in which one is put aside.</param>
internal sealed class PageCircles(ulong[] sources, ulong[] destinations, ulong spare)
{
    private const int None = -1;

    private readonly bool[] _isMoved = new bool[sources.Length];
    private readonly int[] _comesTo = WhoComesTo(sources, destinations);

    /// <summary>Adds the moves in order.</summary>
    public void Emit(PageMoves ordered)
    {
        for (int i = 0; i < sources.Length; i++)
        {
            if (IndexOf(sources, destinations[i]) == None)
            {
                EmitChain(i, ordered);
            }
        }

        for (int i = 0; i < sources.Length; i++)
        {
            if (!_isMoved[i])
            {
                EmitCircle(i, ordered);
            }
        }
    }

    /// <summary>Moves a page, then the one that waits for its place, and so on.</summary>
    private void EmitChain(int first, PageMoves ordered)
    {
        for (int i = first; i != None && !_isMoved[i]; i = _comesTo[i])
        {
            _isMoved[i] = true;
            ordered.Add(sources[i], destinations[i], 1);
        }
    }

    private void EmitCircle(int first, PageMoves ordered)
    {
        ordered.Add(sources[first], spare, 1);
        _isMoved[first] = true;
        EmitChain(_comesTo[first], ordered);
        ordered.Add(spare, destinations[first], 1);
    }

    /// <summary>For each page the index of the one that goes to its place.</summary>
    private static int[] WhoComesTo(ulong[] sources, ulong[] destinations)
    {
        int[] comes = new int[sources.Length];
        Array.Fill(comes, None);
        for (int i = 0; i < destinations.Length; i++)
        {
            if (IndexOf(sources, destinations[i]) is >= 0 and int there)
            {
                comes[there] = i;
            }
        }

        return comes;
    }

    private static int IndexOf(ulong[] sources, ulong page) => Math.Max(Array.BinarySearch(sources, page), None);
}
