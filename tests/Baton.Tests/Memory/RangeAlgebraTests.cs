using Baton.Memory;
using FsCheck;
using FsCheck.Fluent;

namespace Baton.Tests.Memory;

/// <summary>The range algebra against a bitmap, on small numbers moved to any place of the 64-bit space.</summary>
public sealed class RangeAlgebraTests
{
    private const int Cells = 64;

    private static readonly Config Thorough = Config.QuickThrowOnFailure.WithMaxTest(2000).WithQuietOnSuccess(true);

    /// <summary>Origins that put a window of 64 addresses at both ends and in the middle of the 64-bit space.</summary>
    private static readonly Gen<ulong> Origins = Gen.OneOf(
        Gen.Elements(0UL, 1UL, 0x8000_0000_0000_0000UL - 32, ulong.MaxValue - Cells, ulong.MaxValue - Cells - 1),
        Gen.Zip(Gen.Choose(0, int.MaxValue), Gen.Choose(0, int.MaxValue))
            .Select(v => ((ulong)v.Item1 << 32) | (uint)v.Item2));

    private static readonly Gen<(int Start, int Length)[]> Pieces =
        Gen.ArrayOf(Gen.Zip(Gen.Choose(0, Cells - 1), Gen.Choose(0, 20)))
            .Select(a => a.Select(p => (p.Item1, Math.Min(p.Item2, Cells - p.Item1))).ToArray());

    [Fact]
    public void Union_subtract_and_intersect_agree_with_a_bitmap()
    {
        Gen<(ulong, (int, int)[], (int, int)[])> cases =
            Origins.SelectMany(o => Pieces.SelectMany(a => Pieces.Select(b => (o, a, b))));
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            (ulong origin, (int, int)[] first, (int, int)[] second) = c;
            RangeSet a = Set(origin, first);
            RangeSet b = Set(origin, second);
            return Matches(a, origin, Bits(first))
                && Matches(a.Union(b), origin, Bits(first) | Bits(second))
                && Matches(a.Subtract(b), origin, Bits(first) & ~Bits(second))
                && Matches(a.Intersect(b), origin, Bits(first) & Bits(second));
        }).Check(Thorough);
    }

    [Fact]
    public void Growing_covers_and_shrinking_stays_inside()
    {
        Gen<(ulong, (int, int)[], int)> cases =
            Origins.SelectMany(o => Pieces.SelectMany(a => Gen.Choose(0, 63).Select(shift => (o, a, shift))));
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            (ulong origin, (int, int)[] pieces, int shift) = c;
            ulong alignment = 1UL << shift;
            RangeSet set = Set(origin, pieces);
            RangeSet grown = set.GrowTo(alignment);
            RangeSet shrunk = set.ShrinkTo(alignment);
            return set.All(r => grown.Contains(r))
                && shrunk.All(r => set.Contains(r) && r.Start.IsAligned(alignment) && r.End.IsAligned(alignment))
                && grown.All(r => r.Start.IsAligned(alignment)
                    && (r.End.IsAligned(alignment) || r.End.Value == ulong.MaxValue));
        }).Check(Thorough);
    }

    [Theory]
    [InlineData(ulong.MaxValue, 1UL)]
    [InlineData(1UL, ulong.MaxValue)]
    [InlineData(0x8000_0000_0000_0000UL, 0x8000_0000_0000_0000UL)]
    public void A_range_that_wraps_cannot_be_constructed(ulong start, ulong length) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new PhysicalRange(new PhysicalAddress(start), length));

    [Fact]
    public void Ranges_print_half_open() =>
        Assert.Equal("[0x100000, 0x200000)", PhysicalRange.FromInclusive(0x100000, 0x1fffff).ToString());

    private static RangeSet Set(ulong origin, (int Start, int Length)[] pieces) => RangeSet.Of(
        pieces.Select(p => new PhysicalRange(new PhysicalAddress(origin + (ulong)p.Start), (ulong)p.Length)));

    private static ulong Bits((int Start, int Length)[] pieces)
    {
        ulong bits = 0;
        foreach ((int start, int length) in pieces)
        {
            for (int i = start; i < start + length; i++)
            {
                bits |= 1UL << i;
            }
        }

        return bits;
    }

    /// <summary>Whether a set is the bitmap, normalised: sorted, with a hole between neighbours.</summary>
    private static bool Matches(RangeSet set, ulong origin, ulong bits)
    {
        for (int i = 0; i < Cells; i++)
        {
            if (set.Contains(new PhysicalAddress(origin + (ulong)i)) != ((bits >> i & 1) != 0))
            {
                return false;
            }
        }

        bool normal = set.Zip(set.Skip(1)).All(pair => pair.First.End < pair.Second.Start);
        return normal && set.Length == (ulong)System.Numerics.BitOperations.PopCount(bits);
    }
}
