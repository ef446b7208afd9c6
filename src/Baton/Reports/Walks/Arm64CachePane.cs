using System.Globalization;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.Arm64;
using Baton.Proofs.Walks;

namespace Baton.Reports.Walks;

/// <summary>Cache lines that are not the same as memory, each kind with what it would do to a program.</summary>
internal static class Arm64CachePane
{
    private const int ShownRanges = 8;

    private static readonly CacheKind[] Kinds =
    [
        new("dirty", "not cleaned to the point of coherency: memory may be older", (caches, range) => caches.NotClean(range)),
        new("behind", "written around the data cache, which may be older", (caches, range) => caches.Behind(range)),
        new("stale code", "the instruction cache may be older", (caches, range) => caches.StaleInstructions(range)),
    ];

    /// <summary>All such lines of memory.</summary>
    public static IReadOnlyList<PaneLine> Lines(Arm64WalkMachine machine)
    {
        Arm64Processor processor = machine.Processor;
        List<PaneLine> lines =
        [
            PaneLine.Of($"data cache {Arm64SystemPane.OnOrOff(processor.IsDataCacheOn)}, instruction cache"
                + $" {Arm64SystemPane.OnOrOff(processor.IsInstructionCacheOn)}, lines of {CacheModel.LineSize} bytes"),
        ];
        foreach (CacheKind kind in Kinds)
        {
            RangeSet found = RangeSet.Of(processor.Memory.Ram.SelectMany(range => kind.Find(processor.Caches, range)));
            lines.Add(PaneLine.Of(found.Length == 0 ? $"{kind.Name}: none" : string.Create(
                CultureInfo.InvariantCulture, $"{kind.Name}: {found.Length / CacheModel.LineSize:N0} lines, {kind.Meaning}")));
            for (int i = 0; i < Math.Min(found.Count, ShownRanges); i++)
            {
                lines.Add(PaneLine.Of($"  {found[i]}{Neighbour(processor.Memory, found[i])}"));
            }

            if (found.Count > ShownRanges)
            {
                lines.Add(PaneLine.Of($"  and {found.Count - ShownRanges} more ranges"));
            }
        }

        return lines;
    }

    /// <summary>The line of one address.</summary>
    public static IReadOnlyList<PaneLine> Line(Arm64WalkMachine machine, ulong address)
    {
        if (machine.Locate(address) is not { } place)
        {
            return [PaneLine.Of($"0x{address:x} is not mapped")];
        }

        Arm64Processor processor = machine.Processor;
        PhysicalRange line = new(place.AlignDown(CacheModel.LineSize), CacheModel.LineSize);
        string name = PlaceNames.NameOf(processor.Memory, line.Start) is { } known ? $" ({known})" : "";
        string[] found =
            [.. Kinds.Where(kind => kind.Find(processor.Caches, line).Length > 0).Select(kind => $"{kind.Name}, {kind.Meaning}")];
        return
        [
            PaneLine.Of($"line {line}{name}: "
                + (found.Length == 0 ? "the same in the caches as in memory" : string.Join("; ", found))),
        ];
    }

    /// <summary>The segment behind or before a range: it is why anybody cares.</summary>
    private static string Neighbour(PhysicalMemory memory, PhysicalRange range) =>
        memory.Loaded.FirstOrDefault(segment => segment.Destination.Overlaps(range)) is { } inside ? $"  in {inside.Name}"
        : memory.Loaded.FirstOrDefault(segment => segment.Destination.Start == range.End) is { } next ? $"  below {next.Name}"
        : memory.Loaded.FirstOrDefault(segment => segment.Destination.End == range.Start) is { } last ? $"  above {last.Name}"
        : "";

    /// <summary>A way in which a line is not the same everywhere.</summary>
    private sealed record CacheKind(string Name, string Meaning, Func<CacheModel, PhysicalRange, RangeSet> Find);
}
