using Baton.Gathers;
using Baton.Handoffs;
using Baton.Memory;
using BenchmarkDotNet.Attributes;

namespace Baton.Benchmarks;

/// <summary>A page list of 300,000 pages that lie shuffled in and around their places: the worst there is.</summary>
public class GatherBenchmarks
{
    private const int Pages = 300_000;
    private const ulong First = 0x1_0000;
    private const ulong Spare = 5;

    private readonly List<PageMove> _held = [];
    private IReadOnlyList<Segment> _list = [];

    [GlobalSetup]
    public void SetUp()
    {
        int[] order = [.. Enumerable.Range(0, Pages)];
        new Random(1).Shuffle(order);
        for (int i = 0; i < Pages; i++)
        {
            _held.Add(new PageMove(First + (ulong)order[i], First + (Pages / 3) + (ulong)i, 1));
        }

        _list = Write();
    }

    /// <summary>Orders the moves and writes the list.</summary>
    [Benchmark]
    public IReadOnlyList<Segment> Write()
    {
        IReadOnlyList<ulong> words = PageList.Words(MoveSchedule.Order(_held, Spare));
        return PageList.Write(words, [new PhysicalRange(new PhysicalAddress(0x8000), (ulong)(words.Count + 512) / 512 * 4096)]);
    }

    /// <summary>Walks the whole list with the names of pages in place of their bytes.</summary>
    [Benchmark]
    public int Check()
    {
        PageListCheck check = PageListCheck.Run(_list, _list[0].Destination.Start, _held, Spare, out string? problem);
        return problem is null ? check.Entries : throw new InvalidOperationException(problem);
    }
}
