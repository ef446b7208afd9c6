namespace Baton.Gathers;

/// <summary>What is done with extents that wait for each other: none but these may be between them.</summary>
/// <param name="group">Indices; one alone may still wait for itself.</param>
internal delegate void ExtentGroup(ReadOnlySpan<int> group);

/// <summary>
/// Visits a graph of extents so that each comes after those that it waits for, with those that wait for each other in a
/// circle as one group: Tarjan's strongly connected components, without recursion.
/// </summary>
internal sealed class WaitingExtents
{
    private const int Unseen = -1;

    private readonly Func<int, (int First, int End)> _waitsFor;
    private readonly int[] _order;
    private readonly int[] _low;
    private readonly bool[] _isOpen;
    private readonly List<int> _open = [];
    private readonly Stack<(int Extent, int Next, int End)> _path = new();
    private int _seen;

    /// <param name="count">How many there are.</param>
    /// <param name="waitsFor">The run of indices that one waits for; its own may be in it.</param>
    public WaitingExtents(int count, Func<int, (int First, int End)> waitsFor)
    {
        _waitsFor = waitsFor;
        _order = new int[count];
        _low = new int[count];
        _isOpen = new bool[count];
        Array.Fill(_order, Unseen);
    }

    /// <summary>Visits every group once.</summary>
    public void Visit(ExtentGroup group)
    {
        for (int start = 0; start < _order.Length; start++)
        {
            if (_order[start] == Unseen)
            {
                Open(start);
                while (_path.Count > 0)
                {
                    Step(group);
                }
            }
        }
    }

    private void Open(int extent)
    {
        _order[extent] = _low[extent] = _seen;
        _seen++;
        _isOpen[extent] = true;
        _open.Add(extent);
        (int first, int end) = _waitsFor(extent);
        _path.Push((extent, first, end));
    }

    private void Step(ExtentGroup group)
    {
        (int extent, int next, int end) = _path.Pop();
        for (; next < end; next++)
        {
            if (_order[next] == Unseen)
            {
                _path.Push((extent, next, end));
                Open(next);
                return;
            }

            if (_isOpen[next])
            {
                _low[extent] = Math.Min(_low[extent], _low[next]);
            }
        }

        if (_low[extent] == _order[extent])
        {
            Close(extent, group);
        }
    }

    private void Close(int first, ExtentGroup group)
    {
        int from = _open.LastIndexOf(first);
        int[] members = [.. _open[from..]];
        _open.RemoveRange(from, _open.Count - from);
        foreach (int member in members)
        {
            _isOpen[member] = false;
        }

        // In the order of their addresses, so that neighbours stay neighbours.
        Array.Sort(members);
        group(members);
    }
}
