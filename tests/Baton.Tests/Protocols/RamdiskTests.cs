using Baton.Bytes;
using Baton.Formats.BzImage;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.X64;
using Baton.Protocols;
using Baton.Protocols.LinuxX86;
using Baton.Protocols.LinuxX86.Clauses;

namespace Baton.Tests.Protocols;

/// <summary>A disk image as persistent memory of the next kernel.</summary>
public sealed class RamdiskTests
{
    private const ulong Unit = 2 << 20;

    [Theory]
    [InlineData(1L)]
    [InlineData(0x20_0000L)]
    [InlineData(0x20_0001L)]
    public void It_is_whole_units_of_persistent_memory(long length)
    {
        Handoff handoff = Plan(length, []);
        Segment disk = handoff.Named("ramdisk");
        Assert.True(disk.Destination.Start.IsAligned(Unit));
        Assert.Equal(((ulong)length + Unit - 1) / Unit * Unit, disk.Destination.Length);
        Assert.Equal(RangeSet.Of(disk.Destination), handoff.NextMemory.OfKind(MemoryKind.PersistentLegacy));
        Assert.False(handoff.NextMemory.Ram.Overlaps(disk.Destination));
    }

    [Fact]
    public void The_proof_demands_it_in_the_e820_map()
    {
        Machine machine = TestMachines.Bios();
        Handoff handoff = Plan(5_000_000, []);
        Assert.True(Prove(handoff, machine).Holds);

        // The same handoff with a map that calls the disk ordinary memory: the next kernel would overwrite it.
        byte[] bytes = handoff.Named("boot_params").Bytes();
        int entries = bytes[BootParamsFields.E820Entries.Offset];
        int disk = Enumerable.Range(0, entries).Single(
            i => bytes[BootParamsFields.E820Table.Offset + (20 * i) + 16] == MemoryKind.PersistentLegacy.Type);
        bytes[BootParamsFields.E820Table.Offset + (20 * disk) + 16] = 1;
        Handoff broken = handoff.WithBytes("boot_params", bytes);
        Assert.Contains(Prove(broken, machine).Failed, clause => clause.Id == "e820-machine");
    }

    [Fact]
    public void A_demanded_place_must_be_a_units()
    {
        Dictionary<string, PhysicalAddress> places = new() { ["ramdisk"] = new PhysicalAddress(0x1_4000_0000) };
        Assert.Equal(0x1_4000_0000UL, Plan(100, places).Named("ramdisk").Destination.Start.Value);
        places["ramdisk"] = new PhysicalAddress(0x1_4000_1000);
        ImageFormatException e = Assert.Throws<ImageFormatException>(() => Plan(100, places));
        Assert.Contains("0x200000", e.Message, StringComparison.Ordinal);
    }

    private static Handoff Plan(long length, Dictionary<string, PhysicalAddress> places) =>
        LinuxX86Planner.Plan(TestKernels.Request(TestMachines.Bios(), initrd: 10_000) with
        {
            Ramdisk = SegmentContent.OfBytes(new byte[length], "disk"),
            Places = places,
        });

    private static ProofReport Prove(Handoff handoff, Machine machine) => X64Proof.Run(
        handoff, ProofMachines.X64(machine), LinuxX86Contract.For(TestKernels.Modern, machine, handoff));
}
