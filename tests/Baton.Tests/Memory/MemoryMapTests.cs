using System.Globalization;
using System.Text;
using Baton.Machines;
using Baton.Memory;
using Baton.Tests.Machines;
using FsCheck;
using FsCheck.Fluent;

namespace Baton.Tests.Memory;

/// <summary>Maps of overlapping regions against a picture that is painted cell by cell.</summary>
public sealed class MemoryMapTests
{
    private const int Cells = 48;
    private const int Many = 100_000;

    private static readonly Gen<MemoryRegion[]> Regions = Gen.ArrayOf(
            from start in Gen.Choose(0, Cells - 1)
            from length in Gen.Choose(0, 16)
            from type in Gen.Elements(1U, 1U, 2U, 3U)
            select (Start: (ulong)start, Length: (ulong)Math.Min(length, Cells - start), Type: type))
        .Select(pieces => pieces.Select((p, i) => new MemoryRegion(
            new PhysicalRange(new PhysicalAddress(p.Start), p.Length),
            new MemoryKind(p.Type),
            i.ToString(CultureInfo.InvariantCulture))).ToArray());

    [Fact]
    public void The_later_region_wins_and_ram_gives_way()
    {
        int layered = 0;
        Prop.ForAll(Gen.Zip(Regions, Regions).ToArbitrary(), pair =>
        {
            MemoryRegion[] below = [.. pair.Item1.OrderBy(r => r.Kind.IsRam ? 0 : 1)];
            MemoryRegion[] above = [.. pair.Item2.Select(r => r with { Source = "above " + r.Source })];
            MemoryMap map = MemoryMap.Of(pair.Item1);
            layered += map.Count > 3 ? 1 : 0;
            return Shows(map, below) && Shows(map.Overlay(above), [.. below, .. above]);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000).WithQuietOnSuccess(true));
        Assert.InRange(layered, 500, 2000);
    }

    [Fact]
    public void The_parts_of_a_set_in_a_range_are_what_both_have()
    {
        Prop.ForAll(Gen.Zip(Regions, Regions).ToArbitrary(), pair =>
        {
            RangeSet set = RangeSet.Of(pair.Item1.Select(r => r.Range));
            return pair.Item2.All(r => set.Clip(r.Range).SequenceEqual(set.Intersect([r.Range])));
        }).Check(Config.QuickThrowOnFailure.WithQuietOnSuccess(true));
    }

    [Fact]
    public void A_map_of_very_many_regions_is_made()
    {
        MemoryMap map = MemoryMap.Of(Enumerable.Range(0, Many).Select(i => new MemoryRegion(
            new PhysicalRange(new PhysicalAddress((ulong)(Many - i) << 12), 0x1800), MemoryKind.Reserved, "test")));
        Assert.Equal(Many, map.Count);

        // Each of them all but covers the one before.
        MemoryMap nested = MemoryMap.Empty.Overlay(Enumerable.Range(0, Many).Select(i => new MemoryRegion(
            new PhysicalRange(new PhysicalAddress((ulong)i), (ulong)(2 * (Many - i))), MemoryKind.Reserved, "test")));
        Assert.Equal((2 * Many) - 1, nested.Count);
    }

    [Fact]
    public void A_machine_of_very_many_regions_is_read()
    {
        StringBuilder iomem = new();
        for (ulong at = 0x1_0000_0000; at < 0x1_0000_0000 + (Many / 2 * 0x2000UL); at += 0x2000)
        {
            iomem.Append(CultureInfo.InvariantCulture, $"{at:x}-{at + 0xfff:x} : System RAM\n");
            iomem.Append(CultureInfo.InvariantCulture, $"{at + 0x1000:x}-{at + 0x1fff:x} : Reserved\n");
        }

        Dictionary<string, string> files = Trees.Pc();
        files["proc/iomem"] = iomem.ToString();
        files[$"{FirmwareMemmap.Directory}/0/start"] = "0x100000000\n";
        files[$"{FirmwareMemmap.Directory}/0/end"] = "0x1ffffffff\n";
        files[$"{FirmwareMemmap.Directory}/0/type"] = "System RAM\n";

        Machine machine = MachineReader.Read(Trees.Of(files));

        Assert.Equal(Many / 2, machine.Usable.Count);
        Assert.Equal(Many + 1, machine.FirmwareMemory.Count);
    }

    /// <summary>Whether a map is the picture that regions paint one over the other, in as few pieces as it has.</summary>
    private static bool Shows(MemoryMap map, MemoryRegion[] fromBelow)
    {
        MemoryRegion?[] picture = new MemoryRegion?[Cells + 1];
        foreach (MemoryRegion region in fromBelow)
        {
            for (ulong at = region.Range.Start.Value; at < region.Range.End.Value; at++)
            {
                picture[at] = region;
            }
        }

        List<MemoryRegion> pieces = [];
        for (int start = 0, end = 0; start < Cells; start = end)
        {
            for (end = start + 1; picture[start] is not null && ReferenceEquals(picture[start], picture[end]); end++)
            {
            }

            if (picture[start] is { } region)
            {
                pieces.Add(region with
                {
                    Range = new PhysicalRange(new PhysicalAddress((ulong)start), (ulong)(end - start)),
                });
            }
        }

        return map.SequenceEqual(pieces);
    }
}
