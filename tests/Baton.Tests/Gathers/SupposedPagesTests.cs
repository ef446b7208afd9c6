using Baton.Gathers;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;
using Baton.Tests.Protocols;

namespace Baton.Tests.Gathers;

/// <summary>Places for pages that nobody has filled yet.</summary>
public sealed class SupposedPagesTests
{
    private const ulong PageSize = PageMove.PageSize;

    [Fact]
    public void Every_page_has_a_place_in_memory_and_none_is_taken_twice()
    {
        Machine machine = TestMachines.Bios();
        Handoff handoff = TestPages.Handoff(machine, initrdPages: 3000);
        IReadOnlyList<PageMove> held = SupposedPages.Of(handoff, machine.Usable);
        Assert.All(held, move => Assert.True(machine.Usable.Contains(TestPages.RangeOf(move.Source)), move.ToString()));
        Assert.Equal(held.Count, held.Select(move => move.Source).Distinct().Count());
        Assert.Equal(
            RangeSet.Of(handoff.Segments.Select(segment => segment.Destination)),
            RangeSet.Of(held.Select(move => TestPages.RangeOf(move.Destination))));
        Assert.Equal(held, SupposedPages.Of(handoff, machine.Usable));
    }

    /// <summary>They lie all over it, some where others go, and hardly two behind each other.</summary>
    [Fact]
    public void They_are_scattered()
    {
        Machine machine = TestMachines.Bios();
        Handoff handoff = TestPages.Handoff(machine, initrdPages: 3000);
        IReadOnlyList<PageMove> held = SupposedPages.Of(handoff, machine.Usable);
        Assert.InRange(held.Zip(held.Skip(1), (a, b) => b.Source == a.Source + 1).Count(follows => follows), 0, 30);
        ulong span = held.Max(move => move.Source) - held.Min(move => move.Source);
        Assert.True(span * PageSize > machine.Usable.Length / 2, $"{span} pages");
    }

    [Fact]
    public void A_list_is_right_where_hardly_any_memory_is_left()
    {
        Machine machine = TestMachines.Bios() with { Usable = RangeSet.Of(new PhysicalRange(new PhysicalAddress(0), 128 << 20)) };
        Handoff handoff = TestPages.Handoff(machine, initrdPages: 20_000);
        GatheredHandoff gathered = TestPages.Gather(handoff, SupposedPages.Of(handoff, machine.Usable), machine);
        PageListCheck check = PageListCheck.Run(
            gathered.Lists, gathered.List, gathered.Held, gathered.Spare, out string? problem);
        Assert.Null(problem);
        Assert.True(check.Copies > (ulong)gathered.Held.Count / 2, $"{check.Copies} pages copied");
    }

    [Fact]
    public void An_image_larger_than_memory_has_no_place()
    {
        Machine machine = TestMachines.Bios();
        Handoff handoff = TestPages.Handoff(machine, initrdPages: 3000);
        RangeSet small = RangeSet.Of(new PhysicalRange(new PhysicalAddress(0), 8 << 20));
        Assert.Throws<PlacementException>(() => SupposedPages.Of(handoff, small));
    }
}
