using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.X64;
using Baton.Trampolines;
using Baton.Handoffs;

namespace Baton.Tests.Proofs.X64;

/// <summary>
/// Three ways to page tables are each other's judges: the proof's builder, the trampoline's builder and the proof's
/// reader.
/// </summary>
public sealed class IdentityTablesTests
{
    private static readonly PhysicalAddress Place = new(0x7000_0000);

    public static TheoryData<int, bool, ulong[]> Sets => new()
    {
        { 4, true, [0, 0x9_F000, 0x10_0000, 0x8000_0000, 0x1_0000_0000, 0x2_0000_0000] },
        { 4, false, [0, 0x9_F000, 0x10_0000, 0x8000_0000, 0x1_0000_0000, 0x2_0000_0000] },
        { 5, true, [0x10_0000, 0x8000_0000, 0x80_0000_0000, 0x80_0020_1000] },
        { 5, false, [0x10_0000, 0x8000_0000, 0x1_0000_0000_0000, 0x1_0000_0020_1000] },
        { 4, true, [0x1000, 0x2000, 0x7000_0000, 0x7020_0000] },
    };

    [Theory]
    [MemberData(nameof(Sets))]
    public void Exactly_what_was_asked_for_is_mapped(int levels, bool gigabytePages, ulong[] bounds)
    {
        RangeSet wanted = RangeSet.Of(bounds.Chunk(2).Select(pair =>
            PhysicalRange.Between(new PhysicalAddress(pair[0]), new PhysicalAddress(pair[1]))));
        byte[] own = IdentityTables.Build(wanted, levels, gigabytePages, Place);
        Assert.Equal((ulong)own.Length, IdentityTables.Measure(wanted, levels, gigabytePages));
        AssertMaps(wanted, levels, own, Place.Value);

        PageTables trampolines = PageTables.Build(wanted, new PagingOptions(gigabytePages), Place);
        ulong root = levels == 5 ? trampolines.Root5.Value : trampolines.Root4.Value;

        // These have no pages below 2 MiB.
        AssertMaps(wanted.GrowTo(2 << 20), levels, trampolines.Bytes.ToArray(), root);
    }

    [Fact]
    public void A_hole_an_alias_and_a_read_only_page_are_named()
    {
        RangeSet all = RangeSet.Of(new PhysicalRange(PhysicalAddress.Zero, 0x4000));
        byte[] tables = IdentityTables.Build(all, 4, gigabytePages: false, Place);
        int last = tables.Length - 4096;
        AssertProblem(tables, "0x1000 is not mapped", bytes => bytes[last + 8] &= 0xFE);
        AssertProblem(tables, "0x2000 is mapped to 0x3000", bytes => bytes[last + 17] = 0x30);
        AssertProblem(tables, "0x3000 is mapped read-only", bytes => bytes[last + 24] &= 0xFD);

        static void AssertProblem(byte[] good, string problem, Action<byte[]> spoil)
        {
            byte[] bad = [.. good];
            spoil(bad);
            AddressSpace space = Read(bad, 4, Place.Value);
            Assert.Equal(problem, space.WhyNotIdentity(new PhysicalRange(PhysicalAddress.Zero, 0x4000)));
        }
    }

    private static void AssertMaps(RangeSet wanted, int levels, byte[] tables, ulong root)
    {
        AddressSpace space = Read(tables, levels, root);
        Assert.Empty(space.Problems);
        Assert.All(space.Mappings, mapping => Assert.Equal(mapping.Linear, mapping.Physical));
        Assert.Equal(
            wanted.Select(range => range.ToString()),
            RangeSet.Of(space.Mappings.Select(mapping =>
                new PhysicalRange(new PhysicalAddress(mapping.Linear), mapping.Length))).Select(range => range.ToString()));
        Assert.All(wanted, range => Assert.Null(space.WhyNotIdentity(range)));
    }

    private static AddressSpace Read(byte[] tables, int levels, ulong root)
    {
        PhysicalRange place = new(Place, (ulong)tables.Length);
        PhysicalMemory memory = new(RangeSet.Of(place));
        memory.Load(new Segment("tables", place, SegmentContent.OfBytes(tables, "tables")));
        return AddressSpace.Read(memory, X64State.LongMode(0, root, levels == 5), 52, gigabytePages: true);
    }
}
