using Baton.Gathers;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.X64;
using Baton.Protocols;
using Baton.Protocols.LinuxX86.Clauses;
using Baton.Tests.Protocols;
using Baton.Trampolines;

namespace Baton.Tests.Gathers;

/// <summary>
/// The relocator with real lists, run on the simulated processor: every byte of every segment is compared where the
/// next kernel expects it.
/// </summary>
public sealed class RelocatorTests
{
    private const ulong MiB = 1 << 20;
    private const ulong StepLimit = 2_000_000;

    /// <summary>From pages all over memory, and from pages in and around the destinations themselves.</summary>
    [Theory]
    [InlineData(false, true, 64UL, 1024UL)]
    [InlineData(true, true, 64UL, 1024UL)]
    [InlineData(true, false, 4100UL, 8000UL)]
    [InlineData(false, false, 47UL, 50UL)]
    [InlineData(true, true, 47UL, 50UL)]
    public void Segments_come_to_their_places(bool fiveLevel, bool gigabytePages, ulong from, ulong to)
    {
        Machine machine = TestMachines.Bios();
        machine = machine with
        {
            Processor = machine.Processor with { La57 = fiveLevel, GigabytePages = gigabytePages },
        };
        Handoff handoff = TestPages.Handoff(machine, initrdPages: 150);
        List<PageMove> held = TestPages.Hold(handoff, new Random((int)from), from * MiB, to * MiB);
        GatheredHandoff gathered = TestPages.Gather(handoff, held, machine);
        KexecMachine crossed = Cross(gathered, machine);
        foreach (Segment segment in handoff.Segments.Where(s => !s.Destination.Contains(handoff.Entry)))
        {
            byte[] expected = new byte[segment.Destination.Length];
            segment.Content.Read(0, expected.AsSpan(0, (int)segment.Content.Length));
            Assert.Equal(expected, Read(crossed.Memory, segment.Destination));
        }
    }

    [Fact]
    public void Extents_come_to_their_places_in_both_directions()
    {
        Machine machine = TestMachines.Bios();
        Handoff handoff = TestPages.Handoff(machine, initrdPages: 100);
        foreach (long shift in (long[])[-3, 5, 1000])
        {
            List<PageMove> held = [.. handoff.Segments.Select(segment => new PageMove(
                (ulong)((long)(segment.Destination.Start.Value / 4096) + (segment.Name == "initrd" ? shift : 1000)),
                segment.Destination.Start.Value / 4096,
                segment.Destination.Length / 4096))];
            GatheredHandoff gathered = TestPages.Gather(handoff, held, machine);
            Assert.InRange(gathered.Moves.Count, 1, handoff.Segments.Count);
            KexecMachine crossed = Cross(gathered, machine);
            Segment initrd = handoff.Named("initrd");
            Assert.Equal(initrd.Bytes(), Read(crossed.Memory, initrd.Destination)[..(int)initrd.Content.Length]);
        }
    }

    /// <summary>An old FreeBSD kernel may be moved onto memory of ACPI, which is not among the RAM.</summary>
    [Fact]
    public void Destinations_that_are_no_RAM_are_reached_too()
    {
        Machine machine = TestMachines.Bios();
        Handoff handoff = TestPages.Handoff(machine, initrdPages: 1200);
        Segment initrd = handoff.Named("initrd");
        List<PageMove> held = TestPages.Hold(handoff, new Random(5), 64 * MiB, 128 * MiB);
        GatheredHandoff gathered = TestPages.Gather(
            handoff, held, machine with { Usable = machine.Usable.Subtract([initrd.Destination]) });
        KexecMachine crossed = Cross(gathered, machine);
        Assert.Equal(initrd.Bytes(), Read(crossed.Memory, initrd.Destination)[..(int)initrd.Content.Length]);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void The_proof_holds(bool fiveLevel, bool gigabytePages)
    {
        Machine machine = TestMachines.Bios();
        machine = machine with
        {
            Processor = machine.Processor with { La57 = fiveLevel, GigabytePages = gigabytePages },
        };
        ProofReport report = Prove(Gathered(machine), machine);
        Assert.True(report.Holds, string.Join('\n', report.Failed.Select(clause => $"{clause.Id}: {clause.Verdict?.Seen}")));
        Assert.Contains(report.Clauses, clause => clause.Id == "page-list");
    }

    [Fact]
    public void The_proof_notices_a_word_that_is_wrong()
    {
        Machine machine = TestMachines.Bios();
        GatheredHandoff gathered = Gathered(machine);
        Segment list = gathered.Lists[0];
        for (int word = 1; word < list.Content.Length / 8; word += 97)
        {
            byte[] bytes = list.Bytes();
            bytes[(word * 8) + 2] ^= 1;
            GatheredHandoff broken = gathered with
            {
                Lists = [list with { Content = SegmentContent.OfBytes(bytes, "list") }, .. gathered.Lists.Skip(1)],
            };
            Assert.False(Assert.Single(Prove(broken, machine).Clauses, clause => clause.Id == "page-list").Holds);
        }
    }

    [Fact]
    public void The_proof_notices_code_that_is_wrong()
    {
        Machine machine = TestMachines.Bios();
        GatheredHandoff gathered = Gathered(machine);
        byte[] code = gathered.Relocator.Bytes();
        int copy = code.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xF3, 0x48, 0xA5]);
        Assert.True(copy > 0);

        // rep stosq in the place of rep movsq: pages of garbage.
        code[copy + 2] = 0xAB;
        GatheredHandoff broken = gathered with
        {
            Relocator = gathered.Relocator with { Content = SegmentContent.OfBytes(code, "relocator") },
        };
        Assert.False(Prove(broken, machine).Holds);
    }

    [Fact]
    public void The_proof_notices_a_relocator_on_a_held_page()
    {
        Machine machine = TestMachines.Bios();
        GatheredHandoff gathered = Gathered(machine);
        PageMove[] held = [.. gathered.Held];
        held[5] = held[5] with { Source = gathered.List.Value / 4096 };
        Assert.False(Assert.Single(
            Prove(gathered with { Held = held }, machine).Clauses, clause => clause.Id == "relocator-place").Holds);
    }

    /// <summary>The simulated crossing moves the first pages of a large segment only: the others are looked up.</summary>
    [Fact]
    public void The_proof_notices_a_page_that_the_relocator_does_not_reach()
    {
        Machine machine = TestMachines.Bios();
        machine = machine with { Processor = machine.Processor with { GigabytePages = false } };
        Handoff handoff = TestPages.Handoff(machine, initrdPages: 1200);
        List<PageMove> held = TestPages.Hold(handoff, new Random(6), 64 * MiB, 128 * MiB);
        GatheredHandoff gathered = TestPages.Gather(handoff, held, machine);
        PhysicalRange initrd = handoff.Named("initrd").Destination;
        PhysicalRange hole = new((initrd.Start + (3 * MiB)).AlignDown(2 * MiB), 2 * MiB);
        Assert.True(initrd.Contains(hole));
        byte[] relocator = Relocator.Build(new RelocatorRequest
        {
            Base = gathered.Relocator.Destination.Start,
            Identity = machine.Usable.Subtract([hole]),
            Paging = new PagingOptions(GigabytePages: false),
            List = gathered.List,
            Next = handoff.Entry,
        }).Bytes.ToArray();
        Assert.Equal(gathered.Relocator.Content.Length, relocator.Length);
        ProofReport report = Prove(
            gathered with
            {
                Relocator = gathered.Relocator with { Content = SegmentContent.OfBytes(relocator, "relocator") },
            },
            machine);
        ClauseResult failed = Assert.Single(report.Failed);
        Assert.Equal("relocator-reach", failed.Id);
        Assert.Equal($"0x{hole.Start.Value:x} is not mapped", failed.Verdict?.Seen);
    }

    [Fact]
    public void Held_pages_that_are_not_the_handoffs_are_refused()
    {
        Machine machine = TestMachines.Bios();
        Handoff handoff = TestPages.Handoff(machine, initrdPages: 10);
        List<PageMove> held = TestPages.Hold(handoff, new Random(1), 64 * MiB, 128 * MiB);
        Assert.Throws<ArgumentException>(() => TestPages.Gather(handoff, held[1..], machine));
        Assert.Throws<ArgumentException>(
            () => TestPages.Gather(handoff, [held[0] with { Source = 0x8_0000_0000 / 4096 }, .. held[1..]], machine));
    }

    /// <summary>Where no hole is large enough for the whole list, it lies in several.</summary>
    [Fact]
    public void A_list_finds_its_place_in_pieces()
    {
        MemoryMap map = MemoryMap.Of([TestMachines.Region(0x10_0000, 0x800_0000, MemoryKind.Ram)]);
        Machine machine = TestMachines.Bios() with { FirmwareMemory = map, RunningMemory = map, Usable = map.Ram };
        Handoff handoff = TestPages.Handoff(machine, initrdPages: 6000);
        GatheredHandoff roomy = TestPages.Gather(
            handoff, TestPages.Hold(handoff, new Random(4), 64 * MiB, 128 * MiB), machine);
        Assert.True(roomy.ListBytes > 80_000);

        // Every page but one in ten is held or a destination.
        List<PageMove> held = TestPages.Hold(handoff, new Random(4), 96 * MiB, 121 * MiB);
        IEnumerable<PhysicalRange> holes = Enumerable.Range(0, 30).Select(i => TestPages.RangeOf(0x7b00 + (ulong)(10 * i), 9));
        PhysicalRange mostlyHeld = PhysicalRange.Between(new PhysicalAddress(96 * MiB), new PhysicalAddress(121 * MiB));
        RangeSet ram = RangeSet.Of(handoff.Segments.Select(s => s.Destination).Append(mostlyHeld).Concat(holes));
        GatheredHandoff tight = TestPages.Gather(handoff, held, machine with { Usable = ram });
        Assert.InRange(tight.Lists.Count, 2, 15);
        _ = PageListCheck.Run(tight.Lists, tight.List, tight.Held, tight.Spare, out string? problem);
        Assert.Null(problem);
    }

    private static GatheredHandoff Gathered(Machine machine)
    {
        Handoff handoff = TestPages.Handoff(machine, initrdPages: 120);
        return TestPages.Gather(handoff, TestPages.Hold(handoff, new Random(3), 47 * MiB, 52 * MiB), machine);
    }

    private static ProofReport Prove(GatheredHandoff gathered, Machine machine) => GatherProof.Run(
        gathered,
        ProofMachines.X64(machine),
        LinuxX86Contract.For(TestKernels.Modern, machine, gathered.Handoff));

    /// <summary>Runs the real list over the pages' real bytes.</summary>
    private static KexecMachine Cross(GatheredHandoff gathered, Machine machine)
    {
        List<Segment> loaded = [.. gathered.Segments];
        foreach (PageMove move in gathered.Held)
        {
            Segment home = gathered.Handoff.Segments.First(
                segment => segment.Destination.Contains(TestPages.RangeOf(move.Destination).Start));
            byte[] bytes = new byte[move.Pages * 4096];
            home.Content.Read((long)((move.Destination * 4096) - home.Destination.Start.Value), bytes);
            loaded.Add(new Segment("held", TestPages.RangeOf(move.Source, move.Pages), SegmentContent.OfBytes(bytes, "held")));
        }

        RangeSet writable = RangeSet.Of(
            gathered.Handoff.Segments.Select(segment => segment.Destination).Append(gathered.Relocator.Destination));
        KexecMachine crossed = KexecMachine.Create(
            new CrossingStart(gathered.Entry, loaded, writable), ProofMachines.X64(machine), new Garbage(9));
        Assert.Equal(X64Stop.Address, crossed.Processor.Run(StepLimit, gathered.Handoff.KernelEntry.Value));
        return crossed;
    }

    private static byte[] Read(PhysicalMemory memory, PhysicalRange range)
    {
        byte[] bytes = new byte[range.Length];
        for (int i = 0; i < bytes.Length; i += PhysicalMemory.PageSize)
        {
            memory.Page((range.Start.Value + (ulong)i) / PhysicalMemory.PageSize).Bytes.CopyTo(bytes.AsSpan(i));
        }

        return bytes;
    }
}
