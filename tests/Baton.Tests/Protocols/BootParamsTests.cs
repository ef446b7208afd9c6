using System.Buffers.Binary;
using System.Text;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;
using Baton.Protocols.LinuxX86;

namespace Baton.Tests.Protocols;

/// <summary>
/// What stands in boot_params, read at offsets written down here from zero-page.rst: not with the declarations that
/// wrote it.
/// </summary>
public sealed class BootParamsTests
{
    [Fact]
    public void The_setup_header_is_the_kernels_with_the_loaders_fields_filled_in()
    {
        Handoff handoff = LinuxX86Planner.Plan(TestKernels.Request(TestMachines.Bios(), initrd: 0x5432));
        byte[] page = handoff.Named("boot_params").Bytes();
        PhysicalRange initrd = handoff.Named("initrd").Destination;
        Assert.Equal(27, page[0x1f1]);
        Assert.Equal("HdrS"u8.ToArray(), page[0x202..0x206]);
        Assert.Equal(0xff, page[0x210]);
        Assert.Equal(0x01, page[0x211]);
        Assert.Equal(0, page[0x1ef]);
        Assert.Equal(initrd.Start.Value, U32(page, 0x218) | ((ulong)U32(page, 0xc0) << 32));
        Assert.Equal(0x5432u, U32(page, 0x21c));
        Assert.Equal(0u, U32(page, 0xc4));
    }

    [Fact]
    public void Addresses_above_4_GiB_are_split()
    {
        LinuxX86Request request = TestKernels.Request(TestMachines.Bios(), initrd: 0x5432) with
        {
            Places = new Dictionary<string, PhysicalAddress> { ["initrd"] = new(0x1_5000_0000) },
        };
        byte[] page = LinuxX86Planner.Plan(request).Named("boot_params").Bytes();
        Assert.Equal(0x5000_0000u, U32(page, 0x218));
        Assert.Equal(1u, U32(page, 0xc0));
    }

    [Fact]
    public void The_command_line_ends_with_a_NUL_inside_the_segment()
    {
        Handoff handoff = LinuxX86Planner.Plan(TestKernels.Request(TestMachines.Bios()) with { CommandLine = "größe=1" });
        Segment segment = handoff.Named("boot_params");
        byte[] bytes = segment.Bytes();
        int offset = (int)(U32(bytes, 0x228) - segment.Destination.Start.Value);
        Assert.Equal([.. Encoding.UTF8.GetBytes("größe=1"), 0], bytes[offset..]);
        Assert.Equal(0u, U32(bytes, 0xc8));
    }

    [Fact]
    public void The_seed_is_in_the_setup_data_list()
    {
        Handoff handoff = LinuxX86Planner.Plan(TestKernels.Request(TestMachines.Bios()));
        (uint type, byte[] data) = Assert.Single(SetupDataOf(handoff.Named("boot_params")));
        Assert.Equal(9u, type);
        Assert.Equal(Enumerable.Range(1, 32).Select(i => (byte)i), data);
    }

    [Fact]
    public void The_memory_map_is_the_firmwares()
    {
        byte[] page = LinuxX86Planner.Plan(TestKernels.Request(TestMachines.Bios())).Named("boot_params").Bytes();
        Assert.Equal(4, page[0x1e8]);
        Assert.Equal(
            [(0UL, 0x9fc00UL, 1u), (0x9fc00, 0x60400, 2), (0x10_0000, 0x7ff0_0000, 1), (0x1_0000_0000, 0x1_0000_0000, 1)],
            Entries(page.AsSpan(0x2d0), 4));
    }

    [Fact]
    public void More_than_128_ranges_overflow_into_setup_data()
    {
        MemoryRegion[] holes = [.. Enumerable.Range(0, 100).Select(i => TestMachines.Region(
            0x1_0000_0000 + ((ulong)i << 21), 0x1_0000_1000 + ((ulong)i << 21), MemoryKind.AcpiNvs))];
        Machine machine = TestMachines.Bios(holes);
        Segment segment = LinuxX86Planner.Plan(TestKernels.Request(machine)).Named("boot_params");
        byte[] page = segment.Bytes();
        Assert.Equal(128, page[0x1e8]);
        (uint type, byte[] data) = SetupDataOf(segment)[0];
        Assert.Equal(1u, type);
        List<(ulong, ulong, uint)> all = [.. Entries(page.AsSpan(0x2d0), 128), .. Entries(data, data.Length / 20)];
        Assert.Equal(
            machine.FirmwareMemory.Select(r => (r.Range.Start.Value, r.Range.Length, r.Kind.Type)), all);
    }

    [Fact]
    public void A_UEFI_machine_is_handed_on_with_its_runtime_map_sorted()
    {
        Handoff handoff = LinuxX86Planner.Plan(TestKernels.Request(TestMachines.Uefi()));
        Segment segment = handoff.Named("boot_params");
        byte[] bytes = segment.Bytes();
        Assert.Equal("EL64"u8.ToArray(), bytes[0x1c0..0x1c4]);
        Assert.Equal(0x6789_8000u, U32(bytes, 0x1c4));
        Assert.Equal(0x1_2345u, U32(bytes, 0x1d8));
        Assert.Equal((40u, 1u, 80u), (U32(bytes, 0x1c8), U32(bytes, 0x1cc), U32(bytes, 0x1d4)));
        int map = (int)(U32(bytes, 0x1d0) - segment.Destination.Start.Value);
        Assert.Equal((5u, 0x7f00_0000UL, 0xffff_fffe_0000_0000UL, 0x80UL, 0x800fUL), Descriptor(bytes, map));
        Assert.Equal((6u, 0x7f08_0000UL, 0xffff_fffe_0008_0000UL, 0x80UL, 0x800fUL), Descriptor(bytes, map + 40));
        (uint type, byte[] data) = SetupDataOf(segment)[0];
        Assert.Equal((4u, 96), (type, data.Length));
        Assert.Equal(
            [0x7f00_2000UL, 0x7f00_3000, 0x7f00_4000, 0x7f00_5000],
            Enumerable.Range(0, 4).Select(i => U64(data, i * 8)));
        Assert.Equal(0x7f00_1000UL, U64(bytes, 0x70));
    }

    [Fact]
    public void Facts_of_the_machine_are_handed_on_and_nothing_else_of_the_running_kernel()
    {
        byte[] running = new byte[4096];
        running.AsSpan().Fill(0xa5);
        Machine machine = TestMachines.Bios() with { BootParams = running };
        byte[] page = LinuxX86Planner.Plan(TestKernels.Request(machine)).Named("boot_params").Bytes();
        bool[] handedOn = new bool[4096];
        foreach ((int start, int length) in new[]
        {
            (0x000, 0x40), (0x060, 0x10), (0x140, 0x80), (0x1e9, 1), (0x1ea, 1), (0x1ec, 1), (0x290, 0x40),
            (0xd00, 6 * 82), (0x23c, 4), (0x240, 8),
        })
        {
            handedOn.AsSpan(start, length).Fill(true);
        }

        Assert.All(Enumerable.Range(0, 4096), i => Assert.Equal((i, handedOn[i]), (i, page[i] == 0xa5)));
    }

    private static List<(uint Type, byte[] Data)> SetupDataOf(Segment segment)
    {
        byte[] bytes = segment.Bytes();
        List<(uint, byte[])> list = [];
        for (ulong next = U64(bytes, 0x250); next != 0;)
        {
            int offset = (int)(next - segment.Destination.Start.Value);
            int length = (int)U32(bytes, offset + 12);
            list.Add((U32(bytes, offset + 8), bytes[(offset + 16)..(offset + 16 + length)]));
            Assert.Equal(0, offset % 8);
            next = U64(bytes, offset);
        }

        return list;
    }

    private static List<(ulong, ulong, uint)> Entries(ReadOnlySpan<byte> table, int count)
    {
        List<(ulong, ulong, uint)> entries = [];
        for (int i = 0; i < count; i++)
        {
            entries.Add((U64(table, i * 20), U64(table, (i * 20) + 8), U32(table, (i * 20) + 16)));
        }

        return entries;
    }

    private static (uint, ulong, ulong, ulong, ulong) Descriptor(ReadOnlySpan<byte> bytes, int at) =>
        (U32(bytes, at), U64(bytes, at + 8), U64(bytes, at + 16), U64(bytes, at + 24), U64(bytes, at + 32));

    private static uint U32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);

    private static ulong U64(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[offset..]);
}
