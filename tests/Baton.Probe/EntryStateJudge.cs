using System.Globalization;
using Baton.Memory;
using Baton.Proofs.EntryStates;

namespace Baton.Probe;

/// <summary>Holds a measurement against what the library promises of it.</summary>
public static class EntryStateJudge
{
    /// <summary>The first address of the upper half of 48-bit addresses: the old kernel's own.</summary>
    private const ulong UpperHalf = 1UL << 47;

    /// <summary>Registers whose measured content breaks a promise, and registers that only one of the two knows.</summary>
    public static IReadOnlyList<string> Registers(EntryState measured, IReadOnlyList<RegisterPromise> promised)
    {
        Dictionary<string, RegisterPromise> promises = promised.ToDictionary(promise => promise.Name);
        HashSet<string> names = [.. measured.Registers.Select(register => register.Key)];
        return
        [
            .. from register in measured.Registers
               where !promises.TryGetValue(register.Key, out RegisterPromise? promise) || !promise.IsKeptBy(register.Value)
               select string.Create(
                   CultureInfo.InvariantCulture,
                   $"{register.Key}=0x{register.Value:x}, promised: {promises.GetValueOrDefault(register.Key)}"),
            .. promises.Keys.Where(name => !names.Contains(name)).Select(name => $"{name} was not measured"),
        ];
    }

    /// <summary>Promises of the page tables that the measured ones break.</summary>
    public static IReadOnlyList<string> PageTables(EntryState measured, PageTablePromise promised)
    {
        List<string> broken = [];
        MappedRun[] identity = [.. measured.Mappings.Where(run => run.IsIdentity)];
        PhysicalRange[] needed =
        [
            .. promised.MapsMemory ? measured.Ram : [],
            .. promised.MapsSegments ? measured.Segments : [],
        ];
        broken.AddRange(needed.SelectMany(range => Rest(range, identity)).Select(gap => $"{gap} is not mapped one to one"));
        broken.AddRange(
            from run in identity
            where (promised.IsWritable && !run.IsWritable) || (promised.IsExecutable && !run.IsExecutable)
            select $"{run} is not as writable and executable as promised");
        broken.AddRange(
            from table in measured.Tables
            from segment in measured.Segments
            where promised.TablesAreOutsideSegments && table.For < UpperHalf && segment.Overlaps(table.Page)
            select $"the table {table.Page} is in the segment {segment}");
        int levels = (measured["cr4"] >> 12 & 1) == 1 ? 5 : 4;
        if (levels != promised.Levels)
        {
            broken.Add($"{levels} levels, promised {promised.Levels}");
        }

        return broken;
    }

    /// <summary>What of a range no run covers.</summary>
    private static List<PhysicalRange> Rest(PhysicalRange range, IEnumerable<MappedRun> runs)
    {
        List<PhysicalRange> rest = [range];
        foreach (MappedRun run in runs)
        {
            rest =
            [
                .. from left in rest
                   let covered = left.Intersect(run.Physical)
                   from part in covered is { } cut
                       ? new[] { PhysicalRange.Between(left.Start, cut.Start), PhysicalRange.Between(cut.End, left.End) }
                       : [left]
                   where !part.IsEmpty
                   select part,
            ];
        }

        return rest;
    }
}
