using Baton.Memory;
using FsCheck;
using FsCheck.Fluent;

namespace Baton.Tests.Memory;

/// <summary>The allocator against its own promise: what it returns was free, fits and meets the request.</summary>
public sealed class PhysicalAllocatorTests
{
    private static readonly Config Thorough = Config.QuickThrowOnFailure.WithMaxTest(3000).WithQuietOnSuccess(true);

    /// <summary>Numbers from the whole 64-bit space, with the ends and the powers of two well represented.</summary>
    private static readonly Gen<ulong> Numbers = Gen.OneOf(
        Gen.Elements<ulong>(0, 1, 0xfff, 0x1000, 0x1001, 0x10_0000, 0xffff_ffff, 0x1_0000_0000, ulong.MaxValue),
        Gen.Choose(0, 63).Select(shift => 1UL << shift),
        Gen.Zip(Gen.Choose(0, int.MaxValue), Gen.Choose(0, int.MaxValue))
            .Select(v => ((ulong)v.Item1 << 33) | ((ulong)v.Item2 << 2)));

    private static readonly Gen<PhysicalRange> Ranges = Numbers.SelectMany(start => Numbers.Select(
        length => new PhysicalRange(new PhysicalAddress(start), Math.Min(length, ulong.MaxValue - start))));

    [Fact]
    public void A_place_is_free_aligned_and_within_bounds_or_there_is_none()
    {
        Gen<(PhysicalRange[] Free, PlacementRequest Request)> cases =
            from free in Gen.ArrayOf(Ranges)
            from length in Numbers.Where(n => n > 0)
            from shift in Gen.Choose(0, 40)
            from min in Numbers
            from max in Numbers
            from down in Gen.Elements(true, false)
            from cost in Gen.Elements(true, false)
            select (free, new PlacementRequest
            {
                Name = "x",
                Length = length,
                Alignment = 1UL << shift,
                Min = new PhysicalAddress(min),
                Max = new PhysicalAddress(max),
                Direction = down ? PlacementDirection.TopDown : PlacementDirection.BottomUp,
                Cost = cost ? place => place.Start.Value % 7 : null,
            });

        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            RangeSet before = RangeSet.Of(c.Free);
            PhysicalAllocator allocator = new(before);
            try
            {
                PhysicalRange place = allocator.Allocate(c.Request);
                return before.Contains(place) && place.Length == c.Request.Length
                    && place.Start.IsAligned(c.Request.Alignment)
                    && place.Start >= c.Request.Min && place.End <= c.Request.Max
                    && !allocator.Free.Overlaps(place)
                    && allocator.Free.Length == before.Length - place.Length;
            }
            catch (PlacementException)
            {
                return !SomePlaceExists(before, c.Request);
            }
        }).Check(Thorough);
    }

    [Fact]
    public void Aligning_past_the_end_of_a_small_hole_finds_nothing_there()
    {
        // A hole without an aligned address in it: a loader that aligns first and subtracts later returns 0x2000.
        PhysicalAllocator allocator = new(Holes((0x1010, 0x1020)));
        Assert.Throws<PlacementException>(
            () => allocator.Allocate(new PlacementRequest { Name = "x", Length = 16, Alignment = 0x1000 }));
    }

    [Fact]
    public void A_hole_without_an_aligned_address_does_not_hide_a_good_one_behind_it()
    {
        PhysicalAllocator allocator = new(Holes((0x10_0000, 0x15_0000), (0x80_0000, 0x100_0000)));
        PhysicalRange place = allocator.Allocate(
            new PlacementRequest { Name = "x", Length = 0x1000, Alignment = 0x20_0000 });
        Assert.Equal(0x80_0000UL, place.Start.Value);
    }

    [Fact]
    public void Directions_take_the_lowest_and_the_highest_place()
    {
        RangeSet free = Holes((0x1000, 0x5000), (0x9000, 0xd800));
        PlacementRequest request = new() { Name = "x", Length = 0x1000 };
        Assert.Equal(0x1000UL, new PhysicalAllocator(free).Allocate(request).Start.Value);
        Assert.Equal(0xc000UL, new PhysicalAllocator(free)
            .Allocate(request with { Direction = PlacementDirection.TopDown }).Start.Value);
    }

    [Fact]
    public void The_cheapest_place_wins_and_ties_go_to_the_direction()
    {
        RangeSet free = Holes((0x10_0000, 0x1000_0000));
        PlacementRequest request = new()
        {
            Name = "x",
            Length = 0x100_0000,
            Cost = place => place.Start.Value < 0x800_0000 ? 1 : 0,
        };
        Assert.True(new PhysicalAllocator(free).Allocate(request).Start.Value >= 0x800_0000);
        Assert.Equal(0xf00_0000UL, new PhysicalAllocator(free)
            .Allocate(request with { Direction = PlacementDirection.TopDown }).Start.Value);
    }

    [Fact]
    public void The_error_names_the_constraint_and_the_holes()
    {
        PhysicalAllocator allocator = new(Holes((0x1000, 0x3000), (0x10000, 0x14000)));
        PlacementException e = Assert.Throws<PlacementException>(() => allocator.Allocate(
            new PlacementRequest { Name = "initrd", Length = 0x8000, Max = new PhysicalAddress(0x80000) }));
        Assert.Equal(
            "no place for \"initrd\": 0x8000 bytes, aligned to 0x1000, within [0x0, 0x80000); "
            + "free there: [0x10000, 0x14000) (0x4000), [0x1000, 0x3000) (0x2000)",
            e.Message);
    }

    private static RangeSet Holes(params (ulong Start, ulong End)[] holes) => RangeSet.Of(
        holes.Select(h => PhysicalRange.Between(new PhysicalAddress(h.Start), new PhysicalAddress(h.End))));

    /// <summary>The same question, asked naively and in wider arithmetic.</summary>
    private static bool SomePlaceExists(RangeSet free, PlacementRequest request)
    {
        foreach (PhysicalRange hole in free)
        {
            UInt128 start = Math.Max(hole.Start.Value, request.Min.Value);
            UInt128 aligned = (start + request.Alignment - 1) / request.Alignment * request.Alignment;
            if (aligned + request.Length <= Math.Min(hole.End.Value, request.Max.Value))
            {
                return true;
            }
        }

        return false;
    }
}
