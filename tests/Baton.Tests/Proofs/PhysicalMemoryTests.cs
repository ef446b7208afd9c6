using Baton.Bytes;
using Baton.Handoffs;
using Baton.Memory;
using Baton.Proofs;

namespace Baton.Tests.Proofs;

/// <summary>Memory that knows what has been written, what must stay, and who wrote what.</summary>
public sealed class PhysicalMemoryTests
{
    private static readonly PhysicalRange Ram = new(new PhysicalAddress(0x1000), 0x10_0000);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void What_was_written_is_read_back_across_pages(int size)
    {
        PhysicalMemory memory = new(RangeSet.Of(Ram));
        ulong value = 0x8877_6655_4433_2211 & (ulong.MaxValue >> (64 - (8 * size)));
        memory.Write(0x1FFE, size, value);
        Assert.Equal(value, memory.Read(0x1FFE, size));
    }

    [Theory]
    [InlineData(0x1FFFUL)]
    [InlineData(0x2001UL)]
    public void A_byte_that_nobody_has_written_fails_the_read_that_touches_it(ulong missing)
    {
        PhysicalMemory memory = new(RangeSet.Of(Ram));
        foreach (ulong at in new ulong[] { 0x1FFF, 0x2000, 0x2001, 0x2002 }.Where(at => at != missing))
        {
            memory.Write(at, 1, 0);
        }

        MemoryFaultException fault = Assert.Throws<MemoryFaultException>(() => memory.Read(0x1FFF, 4));
        Assert.Equal((MemoryFault.Unwritten, missing), (fault.Fault, fault.Address.Value));
    }

    [Fact]
    public void Unwritten_memory_can_be_zeros_instead() =>
        Assert.Equal(0UL, new PhysicalMemory(RangeSet.Of(Ram), UnwrittenMemory.Zeros).Read(0x5000, 8));

    [Theory]
    [InlineData(0xFFFUL)]
    [InlineData(0x10_1000UL)]
    [InlineData(ulong.MaxValue)]
    public void Where_there_is_no_memory_an_access_fails(ulong address)
    {
        PhysicalMemory memory = new(RangeSet.Of(Ram));
        Assert.Equal(MemoryFault.OutsideMemory, Assert.Throws<MemoryFaultException>(() => memory.Read(address, 1)).Fault);
        Assert.Equal(MemoryFault.OutsideMemory, Assert.Throws<MemoryFaultException>(() => memory.Write(address, 1, 0)).Fault);
    }

    [Fact]
    public void Memory_can_end_within_a_page()
    {
        PhysicalMemory memory = new(RangeSet.Of(new PhysicalRange(new PhysicalAddress(0x9_0000), 0xFC00)));
        memory.Write(0x9_FBF8, 8, 1);
        Assert.Equal(1UL, memory.Read(0x9_FBF8, 8));
        Assert.Equal(MemoryFault.OutsideMemory, Assert.Throws<MemoryFaultException>(() => memory.Write(0x9_FC00, 1, 0)).Fault);
    }

    [Fact]
    public void A_segment_is_read_page_by_page_and_has_zeros_behind_its_content()
    {
        CountingSource source = new(0x2800);
        PhysicalMemory memory = new(RangeSet.Of(Ram));
        memory.Load(new Segment(
            "initrd",
            new PhysicalRange(new PhysicalAddress(0x4000), 0x4000),
            new SegmentContent(new ContentPart(0, source, 0, source.Length))));
        Assert.Equal(0, source.BytesRead);
        Assert.Equal(0x27FFUL & 0xFF, memory.Read(0x67FF, 1));
        Assert.Equal(0x800, source.BytesRead);
        Assert.Equal(0UL, memory.Read(0x6800, 8));
        Assert.Equal(0UL, memory.Read(0x7FF8, 8));
        Assert.Equal(MemoryFault.Unwritten, Assert.Throws<MemoryFaultException>(() => memory.Read(0x7FFC, 8)).Fault);
    }

    [Fact]
    public void A_segment_outside_of_memory_is_refused_with_the_part_that_is()
    {
        PhysicalMemory memory = new(RangeSet.Of(Ram));
        MemoryFaultException fault = Assert.Throws<MemoryFaultException>(() => memory.Load(new Segment(
            "kernel", new PhysicalRange(new PhysicalAddress(0x10_0000), 0x3000), SegmentContent.OfBytes(new byte[1], "k"))));
        Assert.Contains("kernel", fault.Message, StringComparison.Ordinal);
        Assert.Contains("[0x101000, 0x103000)", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_guard_refuses_writes_to_its_bytes_and_no_others()
    {
        PhysicalMemory memory = new(RangeSet.Of(Ram));
        memory.Write(0x3000, 1, 7);
        memory.Guard(new PhysicalRange(new PhysicalAddress(0x3008), 8), "needed as it is");
        memory.Write(0x3000, 8, 1);
        memory.Write(0x3010, 8, 1);
        MemoryFaultException fault = Assert.Throws<MemoryFaultException>(() => memory.Write(0x3006, 4, 0));
        Assert.Equal((MemoryFault.Guarded, 0x3008UL), (fault.Fault, fault.Address.Value));
        Assert.Contains("needed as it is", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_log_joins_neighbouring_writes_of_one_instruction()
    {
        PhysicalMemory memory = new(RangeSet.Of(Ram));
        FakeProcessor processor = new(memory);
        memory.Log = new WriteLog(processor);
        memory.Write(memory.Page(2), 0, 8, 1);
        memory.Write(memory.Page(2), 8, 8, 1);
        processor.ProgramCounter = 0x44;
        memory.Write(memory.Page(2), 4, 4, 1);
        Assert.Equal(2, memory.Log.Records.Count);
        Assert.Equal(new PhysicalRange(new PhysicalAddress(0x2000), 16), memory.Log.Records[0].Range);
        Assert.Equal(0x44UL, memory.Log.LastWriter(new PhysicalAddress(0x2005))?.Instruction);
        Assert.Equal(0UL, memory.Log.LastWriter(new PhysicalAddress(0x2000))?.Instruction);
        Assert.Null(memory.Log.LastWriter(new PhysicalAddress(0x2010)));
    }

    [Fact]
    public void The_first_unwritten_byte_of_a_range_is_found_without_reading_what_was_loaded()
    {
        CountingSource source = new(0x2000);
        PhysicalMemory memory = new(RangeSet.Of(Ram));
        memory.Load(new Segment(
            "kernel",
            new PhysicalRange(new PhysicalAddress(0x4000), 0x2000),
            new SegmentContent(new ContentPart(0, source, 0, source.Length))));
        Assert.Null(memory.FirstUnwritten(new PhysicalRange(new PhysicalAddress(0x4000), 0x2000)));
        Assert.Equal(0x6000UL, memory.FirstUnwritten(new PhysicalRange(new PhysicalAddress(0x4010), 0x4000))?.Value);
        memory.Write(0x6000, 4, 0);
        Assert.Equal(0x6004UL, memory.FirstUnwritten(new PhysicalRange(new PhysicalAddress(0x4010), 0x4000))?.Value);
        Assert.Equal(0, source.BytesRead);
    }

    /// <summary>Bytes that tell their offset, and how many of them were read.</summary>
    private sealed class CountingSource(long length) : IByteSource
    {
        public string Name => "counting";

        public long Length => length;

        public long BytesRead { get; private set; }

        public void Read(long offset, Span<byte> destination)
        {
            BytesRead += destination.Length;
            for (int i = 0; i < destination.Length; i++)
            {
                destination[i] = unchecked((byte)(offset + i));
            }
        }
    }

    private sealed class FakeProcessor(PhysicalMemory memory) : IProcessor
    {
        public PhysicalMemory Memory => memory;

        public ulong Instructions => 0;

        public ulong ProgramCounter { get; set; }

        public void ExecuteNext() => throw new NotSupportedException();
    }
}
