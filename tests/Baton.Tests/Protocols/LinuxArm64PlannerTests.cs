using System.Buffers.Binary;
using System.Text;
using Baton.Bytes;
using Baton.Formats.Arm64Image;
using Baton.Formats.DeviceTrees;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.Arm64;
using Baton.Protocols;
using Baton.Protocols.LinuxArm64;
using Baton.Protocols.LinuxArm64.Clauses;
using Baton.Tests.Formats;
using Baton.Tests.Proofs.Arm64;
using Baton.Trampolines;

namespace Baton.Tests.Protocols;

/// <summary>Where an arm64 kernel and its company go, what its device tree says, and what is refused.</summary>
public sealed class LinuxArm64PlannerTests
{
    [Theory]
    [InlineData(false, 0x5432, "quiet")]
    [InlineData(false, 0, "quiet")]
    [InlineData(false, 0x30_0000, "")]
    [InlineData(true, 0x5432, "quiet")]
    public void Every_clause_of_a_plan_holds_at_both_levels(bool isUefi, int initrd, string commandLine)
    {
        Machine machine = Arm64Machines.Read(Arm64Machines.Tree(isUefi));
        LinuxArm64Request request = Arm64Machines.Request(machine, initrd: initrd) with { CommandLine = commandLine };
        ProofReport proof = Prove(request, LinuxArm64Planner.Plan(request));
        Assert.True(proof.Holds, string.Join('\n', proof.Failed));
        Assert.Equal(4, proof.Runs);
        Assert.True(proof.Clauses.Count >= 30, $"{proof.Clauses.Count} clauses");
        Assert.Equal(proof.Clauses.Count, proof.Clauses.Select(clause => clause.Id).Distinct().Count());
        Assert.All(proof.Clauses, clause => Assert.True(clause.Source.Length > 0 && clause.Demand.EndsWith('.'), clause.Id));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 2)]
    public void Of_the_entries_as_long_as_the_tree_one_that_is_alone_is_the_trees_own(int entries, int kept)
    {
        DeviceTree tree = Arm64Machines.Tree();
        ulong length = (ulong)tree.ToFreshArray(freeSpace: 0x1000).Length + (16 * (ulong)entries);
        PhysicalRange[] like = [.. Enumerable.Range(0, entries).Select(i => Range(0x5200_0000 + (0x10_0000 * (ulong)i), length))];
        foreach (PhysicalRange range in like)
        {
            tree.Reservations.Add(range);
        }

        DeviceTree read = RunningDeviceTree.Of(Arm64Machines.Read(tree))!;
        Assert.Equal(length, read.BlobSize);
        Assert.Equal(kept, RunningDeviceTree.LastingReservations(read).Intersect(like).Count());
    }

    [Fact]
    public void Reserved_memory_that_Linux_passes_over_is_a_warning()
    {
        DeviceTree tree = Arm64Machines.Tree();
        DeviceNode reserved = tree.Root.Child("reserved-memory")!;
        reserved.Add("odd@c0000000").SetCells("reg", 0, 0xc000_0000, 0x1000);
        Finding finding = Assert.Single(Arm64Machines.Read(tree).Findings, f => f.Id == "reserved-memory");
        Assert.Equal(Severity.Warning, finding.Severity);
        Assert.Contains("Linux does not reserve it", finding.Text, StringComparison.Ordinal);
        LinuxArm64Request request = Arm64Machines.Request(Arm64Machines.Read(tree));
        Assert.True(Prove(request, LinuxArm64Planner.Plan(request)).Holds);

        reserved.Remove("odd@c0000000");
        reserved.Remove("ranges");
        Assert.Equal(3, Arm64Machines.Read(tree).Findings.Count(f => f.Id == "reserved-memory"));
    }

    [Fact]
    public void A_place_of_the_EFI_map_that_wraps_is_a_defect_of_the_tree()
    {
        DeviceTree tree = Arm64Machines.Tree(isUefi: true);
        tree.Root.Child("chosen")!.SetU64(RunningDeviceTree.UefiMapSize, ulong.MaxValue);
        ImageFormatException e = Assert.Throws<ImageFormatException>(() => Arm64Machines.Read(tree));
        Assert.Equal((ImageError.OutOfRange, RunningDeviceTree.UefiMapSize), (e.Error, e.Where.Field));
    }

    /// <summary>A board's tree, with another machine's memory in it and other cells, for machines of both kinds.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_given_tree_gets_the_machines_memory_and_the_way_to_its_firmware(bool isUefi)
    {
        DeviceTree given = DeviceTree.Create("given");
        given.Root.SetCells("#address-cells", 2);
        given.Root.SetCells("#size-cells", 1);
        given.Root.SetStrings("compatible", "maker,board");
        DeviceNode memory = given.Root.Add("memory@0");
        memory.SetStrings("device_type", "memory");
        memory.SetReg("reg", new DeviceRange(0, 0x1000_0000));
        given.Root.Add("chosen").SetU64("linux,uefi-system-table", 0x123);
        given.Reservations.Add(Range(0x5100_0000, 0x1000));
        Machine machine = Arm64Machines.Read(Arm64Machines.Tree(isUefi));
        LinuxArm64Request request = Arm64Machines.Request(machine) with { DeviceTree = given.ToFreshArray() };
        Handoff handoff = LinuxArm64Planner.Plan(request);
        ProofReport proof = Prove(request, handoff);
        Assert.True(proof.Holds, string.Join('\n', proof.Failed));
        DeviceTree next = DeviceTree.Parse(handoff.Named("dtb").Bytes(), "dtb");
        Assert.Equal("maker,board", next.Root.Property("compatible")!.Text);
        Assert.Equal(
            isUefi ? [] : [Range(0x4000_0000, 0x8000_0000), Range(0x8_8000_0000, 0x4000_0000)],
            next.MemoryBanks().Select(bank => bank.Range));
        Assert.Equal(
            isUefi ? 0xbfe0_0018UL : null, next.Root.Child("chosen")!.Property("linux,uefi-system-table")?.Number);
        foreach (PhysicalRange reserved in (PhysicalRange[])[Range(0x5100_0000, 0x1000), Arm64Machines.Reserved[0]])
        {
            Assert.Contains(reserved, next.Reservations);
        }

        ReservedRegion secure = Assert.Single(next.ReservedRegions());
        Assert.Equal((Arm64Machines.Reserved[2], true, false), (secure.Range, secure.NoMap, secure.Reusable));
        Assert.DoesNotContain(next.Reservations, Arm64Machines.Reserved[2].Overlaps);
        Assert.DoesNotContain(Arm64Machines.OldInitrd, next.Reservations);
    }

    /// <summary>
    /// Memory that must not be mapped is in no reservation, whatever the given tree says of it: Linux 5.12 to 6.3 maps memory
    /// that is reserved in any other way before it is forbidden.
    /// </summary>
    [Theory]
    [InlineData("the same", 1)]
    [InlineData("half of it", 2)]
    [InlineData("a reservation", 1)]
    public void What_must_not_be_mapped_is_forbidden_once_in_a_given_tree(string has, int regions)
    {
        PhysicalRange secure = Arm64Machines.Reserved[2];
        DeviceTree given = Given();
        if (has == "a reservation")
        {
            given.Reservations.Add(secure);
            given.Reservations.Add(Range(secure.Start.Value - 0x1000, 0x2000));
        }
        else
        {
            DeviceNode node = Reserve(given, "tee@b0000000", secure.Start.Value, secure.Length / (has == "the same" ? 1UL : 2));
            node.SetEmpty("no-map");
        }

        LinuxArm64Request request = Arm64Machines.Request(Arm64Machines.Read(Arm64Machines.Tree())) with
        {
            DeviceTree = given.ToFreshArray(),
        };
        Handoff handoff = LinuxArm64Planner.Plan(request);
        ProofReport proof = Prove(request, handoff);
        Assert.True(proof.Holds, string.Join('\n', proof.Failed));
        DeviceTree next = DeviceTree.Parse(handoff.Named("dtb").Bytes(), "dtb");
        Assert.Equal(regions, next.ReservedRegions().Count(region => region.NoMap));
        Assert.True(RangeSet.Of(next.ReservedRegions().Select(region => region.Range!.Value)).Contains(secure));
        Assert.DoesNotContain(next.Reservations, secure.Overlaps);
        Assert.Equal(has == "a reservation", next.Reservations.Contains(Range(secure.Start.Value - 0x1000, 0x1000)));
    }

    [Theory]
    [InlineData("tee@b0000000", 2, "0xb0100000) may be mapped by this tree")]
    [InlineData("other@60000000", 1, "/reserved-memory has no room for no-map@b0000000")]
    public void A_given_tree_that_would_map_what_must_not_be_mapped_is_refused(string node, uint cells, string words)
    {
        DeviceTree given = Given();
        Reserve(given, node, Convert.ToUInt64(node[^8..], 16), 0x10_0000);
        given.Root.Child("reserved-memory")!.SetCells("#size-cells", cells);
        LinuxArm64Request request = Arm64Machines.Request(Arm64Machines.Read(Arm64Machines.Tree())) with
        {
            DeviceTree = given.ToFreshArray(),
        };
        AssertRefused(request, ImageError.Inconsistent, words);
    }

    /// <summary>Linux passes over a /reserved-memory whose cells are not the root's: nothing in it forbids anything.</summary>
    [Fact]
    public void A_given_tree_that_forbids_to_map_where_nobody_reads_it_is_refused()
    {
        DeviceTree given = Given();
        DeviceNode node = Reserve(given, "tee@b0000000", 0xb000_0000, 0x10_0000);
        node.SetEmpty("no-map");
        node.SetCells("reg", 0, 0xb000_0000, 0x10_0000);
        given.Root.Child("reserved-memory")!.SetCells("#size-cells", 1);
        LinuxArm64Request request = Arm64Machines.Request(Arm64Machines.Read(Arm64Machines.Tree())) with
        {
            DeviceTree = given.ToFreshArray(),
        };
        AssertRefused(request, ImageError.Inconsistent, "/reserved-memory has no room for no-map@b0000000");
    }

    /// <summary>The proof says so by itself, and does not ask the planner.</summary>
    [Theory]
    [InlineData("mapped", "device-tree-no-map device-tree-nodes")]
    [InlineData("lost", "device-tree-no-map")]
    [InlineData("reserved", "device-tree-no-map device-tree-reservations")]
    public void A_proof_notices_when_memory_may_be_mapped_that_must_not_be(string what, string broken)
    {
        LinuxArm64Request request = Arm64Machines.Request(Arm64Machines.Read(Arm64Machines.Tree())) with
        {
            DeviceTree = Given().ToFreshArray(),
        };
        Handoff handoff = LinuxArm64Planner.Plan(request);
        byte[] blob = handoff.Named("dtb").Bytes();
        DeviceTree next = DeviceTree.Parse(blob, "dtb");
        DeviceNode reserved = next.Root.Child("reserved-memory")!;
        switch (what)
        {
            case "mapped":
                reserved.Child("no-map")!.Remove("no-map");
                break;
            case "lost":
                reserved.Delete(reserved.Child("no-map")!);
                break;
            default:
                next.Reservations.Add(Arm64Machines.Reserved[2]);
                break;
        }

        // Its own length is among the reservations.
        PhysicalRange own = next.Reservations.Last(range => range.Length == (ulong)blob.Length);
        next.Reservations[next.Reservations.IndexOf(own)] = Range(own.Start.Value, (ulong)next.ToFreshArray().Length);
        ProofReport proof = Prove(request, handoff.WithBytes("dtb", next.ToFreshArray()));
        Assert.Equal(
            broken.Split(' '),
            proof.Clauses.Where(clause => !clause.Holds).Select(clause => clause.Id).Order(StringComparer.Ordinal));
    }

    /// <summary>A firmware may say the same twice, and the next kernel is told it twice.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_reservation_that_is_there_twice_stays(bool isGiven)
    {
        DeviceTree tree = Arm64Machines.Tree();
        tree.Reservations.Add(Arm64Machines.Reserved[0]);
        LinuxArm64Request request = Arm64Machines.Request(Arm64Machines.Read(tree)) with
        {
            DeviceTree = isGiven ? tree.ToFreshArray() : default,
        };
        Handoff handoff = LinuxArm64Planner.Plan(request);
        ProofReport proof = Prove(request, handoff);
        Assert.True(proof.Holds, string.Join('\n', proof.Failed));
        DeviceTree next = DeviceTree.Parse(handoff.Named("dtb").Bytes(), "dtb");
        Assert.Equal(2, next.Reservations.Count(range => range == Arm64Machines.Reserved[0]));
    }

    /// <summary>From tree to tree nothing adds up: each generation has the reservations of the first and its own two.</summary>
    [Fact]
    public void The_reservations_of_an_earlier_handoff_go()
    {
        byte[] blob = Arm64Machines.Tree().ToFreshArray();
        for (int generation = 0; generation < 4; generation++)
        {
            LinuxArm64Request request = Arm64Machines.Request(Arm64Machines.ReadBlob(blob));
            Handoff handoff = LinuxArm64Planner.Plan(request);
            Assert.True(Prove(request, handoff).Holds);
            blob = handoff.Named("dtb").Bytes();
            DeviceTree tree = DeviceTree.Parse(blob, "dtb");
            Assert.Equal(3, tree.Reservations.Count);
            Assert.Contains(Arm64Machines.Reserved[0], tree.Reservations);
        }
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(0x8_0000UL)]
    [InlineData(0x1_2000UL)]
    public void The_image_lies_text_offset_above_a_2_MiB_boundary(ulong textOffset)
    {
        LinuxArm64Request request = Arm64Machines.Request(
            Arm64Machines.Read(Arm64Machines.Tree()), Arm64Machines.Kernel(textOffset));
        Handoff handoff = LinuxArm64Planner.Plan(request);
        Assert.Equal(textOffset, handoff.KernelEntry.Value % 0x20_0000);
        Segment kernel = handoff.Named("kernel");
        Assert.True(kernel.Destination.Start.IsAligned(LinuxArm64Planner.Page));
        byte[] magic = new byte[4];
        kernel.Content.Read((long)(handoff.KernelEntry - kernel.Destination.Start) + 56, magic);
        Assert.Equal("ARM\x64"u8.ToArray(), magic);
        ProofReport proof = Prove(request, handoff);
        Assert.True(proof.Holds, string.Join('\n', proof.Failed));
    }

    /// <summary>Kernels from 6.9 on have a stack behind their file before the MMU is on; kexec cleans what it loads.</summary>
    [Fact]
    public void All_of_image_size_is_loaded_so_that_it_is_clean()
    {
        LinuxArm64Request request = Arm64Machines.Request(Arm64Machines.Read(Arm64Machines.Tree()));
        Handoff handoff = LinuxArm64Planner.Plan(request);
        Segment kernel = handoff.Named("kernel");
        Assert.True(kernel.Content.Length + (long)LinuxArm64Planner.Page < (long)request.Kernel.MemorySize);
        Assert.True(kernel.Destination.Contains(new PhysicalRange(handoff.KernelEntry, request.Kernel.MemorySize)));

        PhysicalRange file = new(kernel.Destination.Start, LinuxArm64Planner.Page);
        Assert.InRange((ulong)kernel.Content.Length, 1UL, file.Length);
        Handoff shorter = handoff with
        {
            Segments = [.. handoff.Segments.Select(segment => segment == kernel ? segment with { Destination = file } : segment)],
        };
        ClauseResult clause = Assert.Single(Prove(request, shorter).Clauses, clause => !clause.Holds);
        Assert.Equal("image-clean", clause.Id);
    }

    [Fact]
    public void A_kernel_that_loses_the_memory_below_lies_low_and_is_told_of()
    {
        Machine machine = Arm64Machines.Read(Arm64Machines.Tree(), """
            40000000-bfffffff : System RAM
              40000000-47ffffff : reserved

            """);
        Handoff handoff = LinuxArm64Planner.Plan(Arm64Machines.Request(machine, Arm64Machines.Kernel(flags: 2)));
        Assert.Equal(0x4800_0000UL, handoff.KernelEntry.Value);
        Finding finding = Assert.Single(handoff.Findings);
        Assert.Equal("memory-below-kernel", finding.Id);
        Assert.Contains("128 MiB", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_put_where_the_tree_or_the_running_kernel_has_set_memory_aside()
    {
        Machine machine = Arm64Machines.Read(Arm64Machines.Tree(isUefi: false));
        Machine uefi = Arm64Machines.Read(Arm64Machines.Tree(isUefi: true));
        foreach (PhysicalRange range in Arm64Machines.Reserved)
        {
            Assert.False(machine.Usable.Overlaps(range), $"{range}");
            Assert.Equal(MemoryKind.Reserved, machine.FirmwareMemory.Find(range.Start)!.Kind);
        }

        Assert.False(machine.Usable.Overlaps(Range(0x4200_0000, 0x20_0000)));
        Assert.False(uefi.Usable.Overlaps(Range(0x6000_1000, 0x1230)));
        Assert.Equal(FirmwareKind.Uefi, uefi.Firmware);
        Assert.True(machine.FirmwareMemory.Ram.Contains(Arm64Machines.OldInitrd), "the next kernel gets the old initrd's memory");
        Assert.Equal("fdt", machine.FirmwareMemory.Find(new PhysicalAddress(0x5000_0000))!.Source);
        Assert.Equal("iomem", uefi.FirmwareMemory.Find(new PhysicalAddress(0x5000_0000))!.Source);
    }

    [Theory]
    [InlineData("kernel", 0x4210_0000UL, "text_offset")]
    [InlineData("dtb", 0xa000_0000UL, "no place for \"dtb\"")]
    [InlineData("trampoline", 0x4fff_8000UL, "64 KiB page")]
    [InlineData("initrd", 0xbd00_0000UL, "no place for \"initrd\"")]
    [InlineData("initrd", 0x8_8000_0000UL, "in no window of 32 GiB")]
    public void A_demanded_place_that_breaks_a_rule_is_refused(string segment, ulong address, string words)
    {
        LinuxArm64Request request = Arm64Machines.Request(Arm64Machines.Read(Arm64Machines.Tree())) with
        {
            Places = new Dictionary<string, PhysicalAddress> { [segment] = new PhysicalAddress(address) },
        };
        Exception e = Assert.ThrowsAny<Exception>(() => LinuxArm64Planner.Plan(request));
        Assert.True(e is ImageFormatException or PlacementException, e.ToString());
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Demanded_places_are_taken_and_proved()
    {
        LinuxArm64Request request = Arm64Machines.Request(Arm64Machines.Read(Arm64Machines.Tree())) with
        {
            Places = new Dictionary<string, PhysicalAddress>
            {
                ["kernel"] = new(0x8_8020_0000), ["initrd"] = new(0x8_9000_0000), ["dtb"] = new(0x5001_0000),
                ["trampoline"] = new(0x7000_0000),
            },
        };
        Handoff handoff = LinuxArm64Planner.Plan(request);
        Assert.Equal(
            [0x5001_0000UL, 0x7000_0000, 0x8_8020_0000, 0x8_9000_0000],
            handoff.Segments.Select(segment => segment.Destination.Start.Value));
        ProofReport proof = Prove(request, handoff);
        Assert.True(proof.Holds, string.Join('\n', proof.Failed));
    }

    [Theory]
    [InlineData(0x4020_0000UL, 0x8_3fff_f000UL, true)]
    [InlineData(0x4020_0000UL, 0x8_4000_0000UL, false)]
    [InlineData(0x8_4000_0000UL, 0xa000_0000UL, true)]
    [InlineData(0x8_8000_0000UL, 0xa000_0000UL, false)]
    public void The_window_is_32_GiB_from_a_multiple_of_1_GiB(ulong kernel, ulong initrd, bool holds)
    {
        Assert.Equal(holds, InitrdWindow.Holds(Range(kernel, 0x1000), Range(initrd, 0x1000)));
        Assert.Equal(holds, InitrdWindow.Around(Range(kernel, 0x1000)).Contains(Range(initrd, 0x1000)));
    }

    [Fact]
    public void The_tree_is_the_running_one_with_a_new_chosen()
    {
        Machine machine = Arm64Machines.Read(Arm64Machines.Tree(isUefi: true));
        Handoff handoff = LinuxArm64Planner.Plan(Arm64Machines.Request(machine));
        Segment dtb = handoff.Named("dtb");
        PhysicalRange initrd = new(handoff.Named("initrd").Destination.Start, 0x5432);
        DeviceTree tree = DeviceTree.Parse(dtb.Bytes(), "dtb");
        DeviceNode chosen = tree.Root.Child("chosen")!;
        Assert.Equal("console=ttyAMA0 root=/dev/new", chosen.Property("bootargs")?.Text);
        Assert.Equal(initrd.Start.Value, chosen.Property("linux,initrd-start")?.U64);
        Assert.Equal(initrd.End.Value, chosen.Property("linux,initrd-end")?.U64);
        Assert.Equal(0x5152_5354_5556_5758UL, chosen.Property("kaslr-seed")?.U64);
        Assert.Equal(32, chosen.Property("rng-seed")?.Value.Length);
        Assert.Equal(0xbfe0_0018UL, chosen.Property("linux,uefi-system-table")?.U64);
        Assert.Equal(0x1230U, chosen.Property("linux,uefi-mmap-size")?.U32);
        Assert.Equal("/pl011@9000000", chosen.Property("stdout-path")?.Text);
        Assert.Null(chosen.Property("linux,usable-memory-range"));
        Assert.Null(chosen.Property("linux,elfcorehdr"));
        Assert.Equal(
            [Arm64Machines.Reserved[0], initrd, new PhysicalRange(dtb.Destination.Start, (ulong)dtb.Content.Length)],
            tree.Reservations);
    }

    [Fact]
    public void Fdtget_reads_the_same()
    {
        LinuxArm64Request request = Arm64Machines.Request(Arm64Machines.Read(Arm64Machines.Tree()));
        Handoff handoff = LinuxArm64Planner.Plan(request);
        using ForeignTool.TemporaryFolder folder = ForeignTool.Folder();
        string file = folder.File("next.dtb");
        File.WriteAllBytes(file, handoff.Named("dtb").Bytes());
        Assert.Equal(request.CommandLine, Fdtget("bootargs").Trim());
        ulong start = handoff.Named("initrd").Destination.Start.Value;
        Assert.Equal($"{start >> 32:x} {start & uint.MaxValue:x}", Fdtget("linux,initrd-start", "-tx").Trim());

        string Fdtget(string property, params string[] options) =>
            Encoding.UTF8.GetString(ForeignTool.Run("fdtget", [.. options, file, "/chosen", property]));
    }

    [Fact]
    public void A_tree_without_chosen_gets_one()
    {
        DeviceTree tree = Arm64Machines.Tree();
        tree.Root.Delete(tree.Root.Child("chosen")!);
        LinuxArm64Request request = Arm64Machines.Request(Arm64Machines.Read(tree)) with
        {
            KaslrSeed = default, RngSeed = default,
        };
        ProofReport proof = Prove(request, LinuxArm64Planner.Plan(request));
        Assert.True(proof.Holds, string.Join('\n', proof.Failed));
    }

    [Fact]
    public void A_machine_of_QEMU_is_planned_for_and_proved()
    {
        using ForeignTool.TemporaryFolder folder = ForeignTool.Folder();
        string file = folder.File("virt.dtb");
        ForeignTool.Run(
            "qemu-system-aarch64",
            ["-accel", "tcg", "-display", "none", "-m", "1G", "-M", $"virt,dumpdtb={file}"]);
        Machine machine = Arm64Machines.Read(DeviceTree.Parse(File.ReadAllBytes(file), "virt.dtb"));
        LinuxArm64Request request = Arm64Machines.Request(machine);
        ProofReport proof = Prove(request, LinuxArm64Planner.Plan(request));
        Assert.True(proof.Holds, string.Join('\n', proof.Failed));
    }

    [Fact]
    public void The_trampoline_is_what_llvm_reads_of_it()
    {
        byte[] code = Arm64Trampoline.Build(new PhysicalAddress(0x4020_0000), 0x8_1234_5678);
        uint[] words = [.. Enumerable.Range(0, 6).Select(i => BinaryPrimitives.ReadUInt32LittleEndian(code.AsSpan(i * 4)))];
        Assert.Equal(
            LlvmMc.Words(["ldr x4, #24", "ldr x0, #28", "mov x1, xzr", "mov x2, xzr", "mov x3, xzr", "br x4"]), words);
        Assert.Equal(0x4020_0000UL, BinaryPrimitives.ReadUInt64LittleEndian(code.AsSpan(24)));
        Assert.Equal(0x8_1234_5678UL, BinaryPrimitives.ReadUInt64LittleEndian(code.AsSpan(32)));
        Assert.Equal(40, code.Length);
    }

    [Fact]
    public void A_machine_that_shows_no_tree_or_no_memory_is_refused_with_the_file()
    {
        AssertRefused(Arm64Machines.Request(Arm64Machines.Read(null)), ImageError.Missing, "test", "sys/firmware/fdt");
        DeviceTree tree = Arm64Machines.Tree();
        foreach (DeviceNode memory in tree.MemoryNodes().ToArray())
        {
            tree.Root.Delete(memory);
        }

        AssertRefused(
            Arm64Machines.Request(Arm64Machines.Read(tree)),
            ImageError.Missing,
            "neither a memory node",
            "linux,uefi-mmap-start");
    }

    [Fact]
    public void A_kernel_for_another_machine_and_a_big_endian_one_are_refused()
    {
        AssertRefused(
            Arm64Machines.Request(TestMachines.Bios()), ImageError.WrongArchitecture, "Image", "arm64 kernel", "X64");
        ImageFormatException e = Assert.Throws<ImageFormatException>(() => Arm64Machines.Kernel(flags: 0xb));
        Assert.Equal(ImageError.WrongArchitecture, e.Error);
        Assert.Contains("big-endian", e.Message, StringComparison.Ordinal);
        Assert.Contains("flags", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2047, true)]
    [InlineData(2048, false)]
    public void A_command_line_has_at_most_2047_bytes(int length, bool isTaken)
    {
        LinuxArm64Request request = Arm64Machines.Request(Arm64Machines.Read(Arm64Machines.Tree())) with
        {
            CommandLine = new string('x', length),
        };
        if (isTaken)
        {
            Assert.Equal(length, LinuxArm64Planner.Plan(request).CommandLine.Length);
        }
        else
        {
            AssertRefused(request, ImageError.OutOfRange, "bootargs", "2048 bytes");
        }
    }

    private static void AssertRefused(LinuxArm64Request request, ImageError error, params string[] words)
    {
        ImageFormatException e = Assert.Throws<ImageFormatException>(() => LinuxArm64Planner.Plan(request));
        Assert.Equal(error, e.Error);
        Assert.All(words, word => Assert.Contains(word, e.Message, StringComparison.Ordinal));
        Assert.DoesNotContain('\n', e.Message);
    }

    private static ProofReport Prove(LinuxArm64Request request, Handoff handoff) => Arm64Proof.Run(
        handoff, ProofMachines.Arm64(request.Machine), LinuxArm64Contract.For(request, handoff));

    private static DeviceTree Given()
    {
        DeviceTree given = DeviceTree.Create("given");
        given.Root.SetCells("#address-cells", 2);
        given.Root.SetCells("#size-cells", 2);
        given.Root.SetStrings("compatible", "maker,board");
        return given;
    }

    private static DeviceNode Reserve(DeviceTree tree, string name, ulong start, ulong length)
    {
        DeviceNode reserved = tree.Root.Add("reserved-memory");
        reserved.SetCells("#address-cells", 2);
        reserved.SetCells("#size-cells", 2);
        reserved.SetEmpty("ranges");
        DeviceNode node = reserved.Add(name);
        node.SetReg("reg", new DeviceRange(start, length));
        return node;
    }

    private static PhysicalRange Range(ulong start, ulong length) => new(new PhysicalAddress(start), length);
}
