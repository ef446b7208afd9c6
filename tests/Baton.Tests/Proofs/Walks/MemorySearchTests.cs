using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.Walks;

namespace Baton.Tests.Proofs.Walks;

public sealed class MemorySearchTests
{
    private static readonly RangeSet Ram = RangeSet.Of(new PhysicalRange(PhysicalAddress.Zero, 1 << 20));

    [Theory]
    [InlineData(0x0)]
    [InlineData(0xFFE)] // over the end of a page
    [InlineData(0xFFFE)] // over the end of a window
    [InlineData(0x1FFFC)]
    [InlineData(0x2FFFC)] // at the end of the segment
    public void Loaded_bytes_are_found_wherever_they_are_and_nothing_is_touched(int offset)
    {
        byte[] bytes = new byte[0x30000];
        ((byte[])[1, 2, 3, 4]).CopyTo(bytes, offset);
        PhysicalMemory memory = new(Ram);
        memory.Load(X64.SimulatedMachine.Segment("kernel", new PhysicalRange(new PhysicalAddress(0x10000), 0x30000), bytes));
        Assert.Equal([new PhysicalAddress(0x10000 + (ulong)offset)], Find(memory, [1, 2, 3, 4]));
        Assert.Equal(RangeSet.Of(new PhysicalRange(new PhysicalAddress(0x10000), 0x30000)).ToString(), memory.Known.ToString());
    }

    [Fact]
    public void What_was_written_over_what_was_loaded_is_found_and_the_rest_of_its_page()
    {
        PhysicalMemory memory = new(Ram);
        PhysicalRange place = new(new PhysicalAddress(0x1000), 0x1000);
        memory.Load(X64.SimulatedMachine.Segment("kernel", place, "aXaaa"u8.ToArray()));
        memory.Write(0x1001, 1, 'a');
        Assert.Equal([0x1000UL, 0x1001, 0x1002], Find(memory, "aaa"u8.ToArray()).Select(hit => hit.Value));
        Assert.Equal([0x1002UL], Find(memory, "aaa"u8.ToArray(), 0x1002).Select(hit => hit.Value));
        Assert.Empty(Find(memory, "aX"u8.ToArray()));
    }

    [Fact]
    public void Memory_that_nobody_has_written_is_not_zeros()
    {
        PhysicalMemory memory = new(Ram);
        memory.Write(0x5000, 4, 0);
        Assert.Equal([new PhysicalAddress(0x5000)], Find(memory, [0, 0, 0, 0]));
        Assert.Empty(Find(memory, [0, 0, 0, 0, 0]));
    }

    private static List<PhysicalAddress> Find(PhysicalMemory memory, byte[] wanted, ulong from = 0) =>
        [.. MemorySearch.Find(memory, wanted, new PhysicalAddress(from))];
}
