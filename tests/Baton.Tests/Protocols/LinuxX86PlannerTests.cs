using Baton.Bytes;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;
using Baton.Protocols.LinuxX86;

namespace Baton.Tests.Protocols;

/// <summary>Where things go, and what is refused.</summary>
public sealed class LinuxX86PlannerTests
{
    private const ulong MiB = 1 << 20;

    [Fact]
    public void A_plain_machine_gets_the_preferred_address_and_few_segments()
    {
        Handoff handoff = LinuxX86Planner.Plan(TestKernels.Request(TestMachines.Bios(), initrd: 0x5432));
        Assert.Equal(["boot_params", "trampoline", "kernel", "initrd"], handoff.Segments.Select(s => s.Name));
        Assert.Equal(16 * MiB, handoff.Named("kernel").Destination.Start.Value);
        Assert.Equal((16 * MiB) + 0x200, handoff.KernelEntry.Value);
        Assert.Equal(TestKernels.CodeLength, handoff.Named("kernel").Destination.Length);
        Assert.True(handoff.Named("trampoline").Destination.Contains(handoff.Entry));
        AssertSound(handoff, TestMachines.Bios());
    }

    [Fact]
    public void Plans_are_the_same_each_time()
    {
        LinuxX86Request request = TestKernels.Request(TestMachines.Uefi(), initrd: 100_000);
        Handoff first = LinuxX86Planner.Plan(request);
        Handoff second = LinuxX86Planner.Plan(request);
        Assert.Equal(first.Segments.Select(s => s.ToString()), second.Segments.Select(s => s.ToString()));
        Assert.All(first.Segments.Zip(second.Segments), pair => Assert.Equal(pair.First.Bytes(), pair.Second.Bytes()));
    }

    [Theory]
    [InlineData(0x180_0000UL)]
    [InlineData(0x100_0000UL)]
    [InlineData(0x2ff_f000UL)]
    public void A_taken_preferred_address_moves_a_relocatable_kernel_to_an_aligned_place(ulong taken)
    {
        Machine machine = TestMachines.Bios(TestMachines.Region(taken, taken + 0x1000, MemoryKind.Reserved));
        Handoff handoff = LinuxX86Planner.Plan(TestKernels.Request(machine));
        PhysicalRange kernel = Assert.Single(handoff.Reservations).Range;
        Assert.True(kernel.Start.Value > 16 * MiB, $"at {kernel.Start} it would move itself up to 16 MiB");
        Assert.True(kernel.Start.IsAligned(0x20_0000));
        AssertSound(handoff, machine);
    }

    [Fact]
    public void A_kernel_that_cannot_move_says_which_memory_it_needs()
    {
        Machine machine = TestMachines.Bios(TestMachines.Region(0x180_0000, 0x180_1000, MemoryKind.Reserved));
        LinuxX86Kernel kernel = TestKernels.Modern with { Relocatable = false };
        PlacementException e = Assert.Throws<PlacementException>(
            () => LinuxX86Planner.Plan(TestKernels.Request(machine, kernel)));
        Assert.Contains("not relocatable", e.Message, StringComparison.Ordinal);
        Assert.Contains("[0x1000000, 0x3000000)", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_initrd_lies_above_all_of_init_size_and_below_its_limit()
    {
        LinuxX86Kernel kernel = TestKernels.Modern with
        {
            Above4GiB = false,
            InitrdLimit = new PhysicalAddress(0x3800_0000),
        };
        Handoff handoff = LinuxX86Planner.Plan(TestKernels.Request(TestMachines.Bios(), kernel, initrd: 0x10_0001));
        Assert.Equal(handoff.Reservations[0].Range.End, handoff.Named("initrd").Destination.Start);
        LinuxX86Kernel low = kernel with { InitrdLimit = new PhysicalAddress(0x310_0000) };
        PlacementException e = Assert.Throws<PlacementException>(
            () => LinuxX86Planner.Plan(TestKernels.Request(TestMachines.Bios(), low, initrd: 0x10_0001)));
        Assert.Contains("within [0x3000000, 0x3100000)", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_initrd_goes_where_the_fewest_pages_are_free()
    {
        // 64 MiB blocks, all of them below 4 GiB free but the one at 1 GiB.
        double[] blocks = [.. Enumerable.Repeat(64.0 * MiB, 64), .. new double[64]];
        blocks[16] = 0;
        Machine machine = TestMachines.Bios() with { FreePages = new FreePages(64 * MiB, blocks) };
        PhysicalRange initrd = LinuxX86Planner.Plan(
            TestKernels.Request(machine, initrd: 0x10_0000)).Named("initrd").Destination;
        Assert.InRange(initrd.Start.Value, 1024 * MiB, (1088 * MiB) - initrd.Length);
    }

    [Fact]
    public void With_enough_free_memory_above_4_GiB_the_initrd_stays_below()
    {
        FreePages all = new(64 * MiB, Enumerable.Repeat(64.0 * MiB, 128).ToArray());
        Segment initrd = LinuxX86Planner.Plan(TestKernels.Request(
            TestMachines.Bios() with { FreePages = all }, initrd: 0x10_0000)).Named("initrd");
        Assert.True(initrd.Destination.End <= PhysicalAddress.FourGiB);
        Assert.Contains("below 4 GiB", initrd.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kernel", 0x1_4000_0000UL)]
    [InlineData("initrd", 0x1_4000_0000UL)]
    [InlineData("boot_params", 0x7000_0000UL)]
    [InlineData("trampoline", 0x7000_0000UL)]
    public void A_demanded_place_is_taken(string name, ulong address)
    {
        LinuxX86Request request = TestKernels.Request(TestMachines.Bios(), initrd: 0x1000) with
        {
            Places = new Dictionary<string, PhysicalAddress> { [name] = new(address) },
        };
        Handoff handoff = LinuxX86Planner.Plan(request);
        Assert.Equal(address, handoff.Named(name).Destination.Start.Value);
        AssertSound(handoff, request.Machine);
    }

    [Theory]
    [InlineData("kernel", 0x110_0000UL, "kernel_alignment")]
    [InlineData("kernel", 0x80_0000UL, "(pref_address): from 0x800000 the kernel would move itself up to 0x1000000")]
    [InlineData("initrd", 0x1_4000_0800UL, "no 4 KiB page")]
    [InlineData("initrd", 0x9000_0000UL, "nothing is free there")]
    [InlineData("trampoline", 0x1_4000_0000UL, "reaches above 0x100000000")]
    [InlineData("initrd", 0x100_1000UL, "nothing is free there")]
    [InlineData("initrd", 0xffff_ffff_ffff_f000UL, "no 4 KiB page")]
    public void A_demanded_place_that_breaks_a_rule_is_refused(string name, ulong address, string words)
    {
        LinuxX86Request request = TestKernels.Request(TestMachines.Bios(), initrd: 0x1000) with
        {
            Places = new Dictionary<string, PhysicalAddress> { [name] = new(address) },
        };
        Exception e = Assert.ThrowsAny<Exception>(() => LinuxX86Planner.Plan(request));
        Assert.True(e is ImageFormatException or PlacementException, e.GetType().Name);
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_command_line_may_have_exactly_the_kernels_limit()
    {
        LinuxX86Request request = TestKernels.Request(TestMachines.Bios());
        _ = LinuxX86Planner.Plan(request with { CommandLine = new string('x', 2047) });
        ImageFormatException e = Assert.Throws<ImageFormatException>(
            () => LinuxX86Planner.Plan(request with { CommandLine = new string('x', 2048) }));
        Assert.Equal("cmdline_size", e.Where.Field);
        Assert.Contains("2048 bytes, this kernel takes 2047", e.Message, StringComparison.Ordinal);
        Assert.Throws<ImageFormatException>(() => LinuxX86Planner.Plan(request with { CommandLine = "a\0b" }));
    }

    [Fact]
    public void An_initrd_that_fits_nowhere_says_so_with_the_holes()
    {
        Machine machine = TestMachines.Bios();
        machine = machine with { Usable = machine.Usable.Clip(new PhysicalRange(PhysicalAddress.Zero, 64 * MiB)) };
        PlacementException e = Assert.Throws<PlacementException>(
            () => LinuxX86Planner.Plan(TestKernels.Request(machine, initrd: 32 << 20)));
        Assert.Equal("initrd", e.Request.Name);
        Assert.Contains("[0x3000000, 0x4000000)", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "", "XLF_EFI_KEXEC")]
    [InlineData(true, "runtime-map", "runtime-map")]
    [InlineData(true, "config_table", "config_table")]
    [InlineData(true, "fw_vendor", "fw_vendor")]
    [InlineData(true, "runtime", "efi/runtime")]
    public void Losing_the_firmware_is_a_warning(bool kernelTakesIt, string missing, string words)
    {
        Machine machine = TestMachines.Uefi();
        EfiFirmware efi = machine.Efi!;
        machine = machine with
        {
            Efi = missing switch
            {
                "runtime-map" => efi with { RuntimeMap = [] },
                "config_table" => efi with { ConfigurationTable = null },
                "fw_vendor" => efi with { Vendor = null },
                "runtime" => efi with { Runtime = null },
                _ => efi,
            },
        };
        Handoff handoff = LinuxX86Planner.Plan(TestKernels.Request(
            machine, TestKernels.Modern with { TakesEfi = kernelTakesIt }));
        Finding finding = Assert.Single(handoff.Findings);
        Assert.Equal(("efi-lost", Severity.Warning), (finding.Id, finding.Severity));
        Assert.Contains(words, finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_architecture_is_refused()
    {
        Machine machine = TestMachines.Bios() with { Architecture = Architecture.Arm64 };
        ImageFormatException e = Assert.Throws<ImageFormatException>(
            () => LinuxX86Planner.Plan(TestKernels.Request(machine)));
        Assert.Equal(ImageError.WrongArchitecture, e.Error);
    }

    /// <summary>What must hold of every plan.</summary>
    private static void AssertSound(Handoff handoff, Machine machine)
    {
        Assert.Empty(KexecLimits.Check(handoff.Segments, machine.Totals.Total));
        Assert.All(handoff.Segments, segment =>
        {
            Assert.True(machine.Usable.Contains(segment.Destination), $"{segment} is not usable memory");
            Assert.True(segment.Destination.Start.Value >= MiB, $"{segment} lies below 1 MiB");
            Assert.All(handoff.Reservations, reservation => Assert.True(
                segment.Name == "kernel" || !reservation.Range.Overlaps(segment.Destination),
                $"{segment} lies in {reservation}"));
        });
        Assert.All(handoff.Reservations, reservation => Assert.True(machine.Usable.Contains(reservation.Range)));
    }
}
