using Baton.Memory;
using Baton.Trampolines;
using FsCheck;
using FsCheck.Fluent;

namespace Baton.Tests.Trampolines;

/// <summary>Against the processor's walk: the set maps to itself, nothing far from it is mapped.</summary>
public sealed class PageTablesTests
{
    private const ulong LargePage = 1UL << 21;
    private const ulong Gibibyte = 1UL << 30;
    private const ulong FourLevelReach = 1UL << 47;
    private const ulong Reach = 1UL << 52;

    private static readonly PhysicalAddress Start = new(0x7654_3000);

    private static readonly Config Thorough = Config.QuickThrowOnFailure.WithMaxTest(300).WithQuietOnSuccess(true);

    /// <summary>Starts near the boundaries that the tables have, anywhere in 52 bits.</summary>
    private static readonly Gen<ulong> Starts =
        from unit in Gen.Elements(0, 12, 21, 30, 39, 47, 48)
        from count in Gen.Choose(0, 5)
        from nudge in Gen.Elements(0L, 0L, 1L, -1L, 4096L, -4096L, 0x20_0000L, -0x20_0000L)
        let start = (long)((ulong)count << unit) + nudge
        select start < 0 ? 0UL : (ulong)start;

    private static readonly Gen<ulong> Lengths = Gen.Elements(
        1UL, 4096UL, 0x1F_FFFFUL, LargePage, 3 * LargePage, Gibibyte - 1, Gibibyte, 2 * Gibibyte + 4096, 5 * Gibibyte);

    private static readonly Gen<RangeSet> Sets = Gen.ArrayOf(Gen.Zip(Starts, Lengths)).Select(pieces => RangeSet.Of(
        pieces.Take(6).Select(p => new PhysicalRange(new PhysicalAddress(p.Item1), p.Item2))));

    [Fact]
    public void Each_address_of_the_set_maps_to_itself_and_none_far_from_it_is_mapped() =>
        Prop.ForAll(Gen.Zip(Sets, Gen.Elements(true, false)).ToArbitrary(), c =>
        {
            (RangeSet set, bool gigabytePages) = c;
            PageTables tables = PageTables.Build(set, new PagingOptions(gigabytePages), Start);
            PageWalk walk = new(tables);
            RangeSet hull = set.GrowTo(LargePage);
            foreach (ulong address in Interesting(set))
            {
                bool mapped = hull.Contains(new PhysicalAddress(address));
                Translation? by5 = walk.Walk(address, 5);
                Assert.Equal(mapped ? address : null, by5?.Address);
                Assert.Equal(mapped && address < FourLevelReach ? address : null, walk.Walk(address, 4)?.Address);
                if (by5 is { } page)
                {
                    PhysicalRange gibibyte = new(new PhysicalAddress(address & ~(Gibibyte - 1)), Gibibyte);
                    Assert.Equal(gigabytePages && set.Contains(gibibyte), page.PageSize == Gibibyte);
                }
            }
        }).Check(Thorough);

    [Fact]
    public void The_size_is_known_before_the_place() =>
        Prop.ForAll(Gen.Zip(Sets, Gen.Elements(true, false)).ToArbitrary(), c =>
        {
            PagingOptions options = new(c.Item2);
            return PageTables.PagesFor(c.Item1, options) * PageTables.PageSize
                == (ulong)PageTables.Build(c.Item1, options, Start).Bytes.Length;
        }).Check(Thorough);

    [Theory]
    [InlineData(0x0UL, 0x2000_0000UL, false, 4)] // PML5, PML4, PDPT, one directory
    [InlineData(0x0UL, 0x1_0000_0000UL, true, 3)] // whole GiBs need no directory
    [InlineData(0x0UL, 0x1_0000_0000UL, false, 7)]
    [InlineData(0x0UL, 0x1_0000_1000UL, true, 4)]
    [InlineData(0xFFFF_FFFF_F000UL, 0x2000UL, false, 7)] // both sides of 2^48: two of each, and one root
    [InlineData(0xF_FFFF_C000_0000UL, 0x4000_0000UL, true, 4)] // the last GiB, and the PML4 table of the lowest
    public void So_many_pages(ulong start, ulong length, bool gigabytePages, ulong expected)
    {
        RangeSet set = RangeSet.Of(new PhysicalRange(new PhysicalAddress(start), length));
        Assert.Equal(expected, PageTables.PagesFor(set, new PagingOptions(gigabytePages)));
    }

    [Fact]
    public void Nothing_is_mapped_by_the_tables_of_the_empty_set() =>
        Assert.Null(new PageWalk(PageTables.Build(RangeSet.Empty, new PagingOptions(true), Start)).Walk(0, 5));

    [Fact]
    public void Addresses_of_more_than_52_bits_are_refused()
    {
        RangeSet set = RangeSet.Of(new PhysicalRange(new PhysicalAddress(Reach - 1), 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => PageTables.PagesFor(set, new PagingOptions(true)));
    }

    [Fact]
    public void Tables_lie_on_page_boundaries() =>
        Assert.Throws<ArgumentOutOfRangeException>(
            () => PageTables.Build(RangeSet.Empty, new PagingOptions(true), new PhysicalAddress(0x1800)));

    /// <summary>Both sides of each range's ends and of the ends of the pages around them; and a few more.</summary>
    private static IEnumerable<ulong> Interesting(RangeSet set)
    {
        foreach (ulong end in set.SelectMany(r => new[] { r.Start.Value, r.End.Value }))
        {
            foreach (ulong size in new[] { 1UL, LargePage, Gibibyte })
            {
                ulong aligned = end & ~(size - 1);
                foreach (ulong address in new[] { unchecked(aligned - 1), aligned, aligned + size - 1, aligned + size })
                {
                    if (address < Reach)
                    {
                        yield return address;
                    }
                }
            }
        }

        yield return 0;
        yield return 0x1234_5678_9ABC;
        yield return Reach - 1;
    }
}
