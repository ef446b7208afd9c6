using Baton.Bytes;
using Baton.Formats.DeviceTrees;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.Arm64;
using Baton.Protocols;
using Baton.Protocols.FreeBsd;
using Baton.Protocols.FreeBsd.Clauses;
using Baton.Tests.Formats;

namespace Baton.Tests.Protocols.FreeBsd;

/// <summary>Plans for FreeBSD kernels of arm64, each proven.</summary>
public sealed class FreeBsdArm64PlannerTests
{
    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    public void Plans_hold(int linker, bool isUefi)
    {
        FreeBsdRequest request = TestRequests.OfArm64(Machine(isUefi), (KernelLinker)linker);
        Handoff handoff = FreeBsdArm64Planner.Plan(request);
        ProofReport proof = Prove(request, handoff);
        Assert.True(proof.Holds, string.Join('\n', proof.Failed));
        Assert.Equal(["files", "kernel", "metadata", "trampoline"], handoff.Segments.Select(segment => segment.Name).Order());
        Assert.Empty(KexecLimits.Check(handoff.Segments, request.Machine.Totals.Total));
        Assert.All(handoff.Segments, segment => Assert.Equal(0UL, segment.Destination.Start.Value % 0x1_0000));
        MetadataRecord[] chain = [.. Chain(handoff)];
        Assert.Equal(isUefi, chain.Any(record => record.Type == ModInfo.Arm64EfiMap));
        Assert.DoesNotContain(chain, record => record.Type == ModInfo.ModuleP);
        Assert.Contains(chain, record => record.Type == ModInfo.Type && record.Text == "elf module");
        Assert.Contains(chain, record => record.Type == ModInfo.Arm64DeviceTree);
    }

    [Theory]
    [InlineData(false, BootHowto.Verbose, true)]
    [InlineData(false, BootHowto.Single, false)]
    [InlineData(true, BootHowto.Verbose, false)]
    public void A_verbose_boot_without_an_efi_map_is_warned_of(bool isUefi, BootHowto howto, bool isWarned)
    {
        Handoff handoff = FreeBsdArm64Planner.Plan(TestRequests.OfArm64(Machine(isUefi)) with { Howto = howto });
        Assert.Equal(isWarned, handoff.Findings.Any(finding => finding.Id == "verbose-without-efi-map"));
    }

    /// <summary>
    /// What the crossing puts into place is taken from the firmware's map and from numbers of the boot: a proof notices when
    /// one of them goes elsewhere, and when a cache may hide it.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_crossing_tells_of_uefi(bool isForThisBoot)
    {
        FreeBsdRequest request = TestRequests.OfArm64(Machine(isUefi: true)) with { IsForThisBoot = isForThisBoot };
        Handoff handoff = FreeBsdArm64Planner.Plan(request);
        Assert.True(Prove(request, handoff).Holds, string.Join('\n', Prove(request, handoff).Details));
        MemoryCopy copy = Assert.Single(handoff.Copies);
        Assert.Equal("[0x60001000, 0x60002230)", copy.From.ToString());
        Assert.Equal(
            ["EFI_MAP's header", "FW_HANDLE", "RSDP's address", "RSDP's address"], handoff.Writes.Select(write => write.Name));
        Assert.Equal(
            ["linux,uefi-system-table", "linux,uefi-mmap-start", "linux,uefi-mmap-size", "linux,uefi-mmap-desc-size",
                "linux,uefi-mmap-desc-ver", "ACPI20"],
            handoff.BootValues.Select(value => value.Name));
        ulong room = (ulong)Chain(handoff).First(record => record.Type == ModInfo.Arm64EfiMap).Payload.Length - 32;
        Assert.Equal(isForThisBoot ? 0x1230UL : 0x3230UL, room);
        Assert.Equal(room, handoff.BootValues[2].Most);

        byte[] code = handoff.Named("trampoline").Bytes();
        for (int value = 0; value < handoff.BootValues.Count; value++)
        {
            byte[] other = [.. code];
            other[handoff.BootValues[value].Offset + handoff.BootValues[value].Length - 1 - (value == 5 ? 7 : 0)] ^= 8;
            ProofReport proof = Prove(request, handoff.WithBytes("trampoline", other));
            Assert.False(proof.Holds, handoff.BootValues[value].Name);
        }

        // Without the DC IVAC, words 0xd5087629, what was written may be hidden by older lines.
        int at = Enumerable.Range(0, code.Length / 4).Last(i => BitConverter.ToUInt32(code, i * 4) == 0xd508_7629);
        BitConverter.GetBytes(0xd503_201fU).CopyTo(code, at * 4);
        ProofReport stale = Prove(request, handoff.WithBytes("trampoline", code));
        Assert.Equal(["metadata-clean"], stale.Clauses.Where(clause => !clause.Holds).Select(clause => clause.Id));
    }

    /// <summary>
    /// The kernel writes its first tables around the caches, so not a line of its memory may be left in these: without the last
    /// DC CIVAC, word 0xd50b7e29, each may.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Lines_that_may_hide_the_kernels_tables_are_noticed(bool isUefi)
    {
        FreeBsdRequest request = TestRequests.OfArm64(Machine(isUefi));
        Handoff handoff = FreeBsdArm64Planner.Plan(request);
        byte[] code = handoff.Named("trampoline").Bytes();
        int at = Enumerable.Range(0, code.Length / 4).Last(i => BitConverter.ToUInt32(code, i * 4) == 0xd50b_7e29);
        BitConverter.GetBytes(0xd503_201fU).CopyTo(code, at * 4);
        ProofReport proof = Prove(request, handoff.WithBytes("trampoline", code));
        ClauseResult clause = Assert.Single(proof.Clauses, clause => !clause.Holds);
        Assert.Equal("kernel-released", clause.Id);
        Assert.Contains($"{handoff.Named("kernel").Destination}", $"{clause}", StringComparison.Ordinal);
    }

    /// <summary>As Linux finds it after a handoff of ours: a tree that has reserved itself.</summary>
    [Fact]
    public void The_running_trees_own_reservation_goes()
    {
        DeviceTree tree = Arm64Machines.Tree();
        ulong length = (ulong)tree.ToFreshArray(freeSpace: 0x1000).Length + 16;
        PhysicalRange own = new(new PhysicalAddress(0x5200_0000), length);
        tree.Reservations.Add(own);
        FreeBsdRequest request = TestRequests.OfArm64(Arm64Machines.Read(tree));
        Handoff handoff = FreeBsdArm64Planner.Plan(request);
        ProofReport proof = Prove(request, handoff);
        Assert.True(proof.Holds, string.Join('\n', proof.Failed));
        Assert.Equal([Arm64Machines.Reserved[0]], TreeOf(handoff).Reservations);
    }

    [Fact]
    public void What_is_left_for_the_running_kernel_is_noticed()
    {
        DeviceTree tree = Arm64Machines.Tree();
        tree.Root.Child("chosen")!.SetU64("linux,any-fdt", 0);
        FreeBsdRequest request = TestRequests.OfArm64(Arm64Machines.Read(tree));
        Handoff handoff = FreeBsdArm64Planner.Plan(request);
        byte[] metadata = handoff.Named("metadata").Bytes();
        "linux,kho-fdt"u8.CopyTo(metadata.AsSpan(metadata.AsSpan().IndexOf("linux,any-fdt"u8)));
        ProofReport proof = Prove(request, handoff.WithBytes("metadata", metadata));
        Assert.Contains(proof.Clauses, clause => clause is { Id: "stale-properties", Holds: false });
    }

    /// <summary>A Linux that was a host at EL2 leaves E2H and TGE; at EL1 there is nothing of it.</summary>
    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, 2)]
    [InlineData(true, 1)]
    [InlineData(true, 2)]
    public void At_EL2_the_kernel_finds_no_host(bool isUefi, int level)
    {
        const ulong LowerLevelIs64Bit = 1UL << 31;
        const ulong Host = LowerLevelIs64Bit | (1UL << 34) | (1UL << 27);
        FreeBsdRequest request = TestRequests.OfArm64(Machine(isUefi));
        Handoff handoff = FreeBsdArm64Planner.Plan(request);
        Arm64Processor processor = Arm64KexecMachine.Create(
            handoff, ProofMachines.Arm64(request.Machine), level, new Garbage(1)).Processor;
        processor.WriteSystemRegister(Arm64SystemRegister.HcrEl2, Host);
        while (processor.ProgramCounter != handoff.KernelEntry.Value)
        {
            processor.ExecuteNext();
        }

        Assert.Equal(level == 2 ? LowerLevelIs64Bit : Host, processor.ReadSystemRegister(Arm64SystemRegister.HcrEl2));
    }

    /// <summary>With UEFI they are reserved in /proc/iomem.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_pack_keeps_off_the_tables_of_a_GICv3(bool isUefi)
    {
        DeviceTree tree = Arm64Machines.Tree(isUefi);
        tree.Root.Add("its@8080000").SetStrings("compatible", "arm,gic-v3-its");
        Assert.Equal(!isUefi, FreeBsdArm64Planner.Plan(TestRequests.OfArm64(Arm64Machines.Read(tree))).HasInterruptTables);
    }

    [Fact]
    public void An_address_that_the_user_has_set_stays()
    {
        FreeBsdRequest request = TestRequests.OfArm64(Machine(isUefi: true));
        request.Variables.Set("acpi.rsdp", "0x1234");
        Handoff handoff = FreeBsdArm64Planner.Plan(request);
        Assert.True(Prove(request, handoff).Holds);
        Assert.Single(handoff.Writes, write => write.Name == "RSDP's address");
    }

    [Fact]
    public void Every_piece_of_memory_is_in_one_node()
    {
        DeviceTree tree = TreeOf(FreeBsdArm64Planner.Plan(TestRequests.OfArm64(Machine(isUefi: false))));
        DeviceNode memory = Assert.Single(tree.MemoryNodes());
        Assert.Equal("memory@40000000", memory.Name);
        Assert.Equal(
            ["[0x40000000, 0xc0000000)", "[0x880000000, 0x8c0000000)"],
            tree.MemoryBanks().Select(bank => bank.Range.ToString()));
        Assert.Null(tree.Root.Child("chosen")!.Property("bootargs"));
        Assert.NotNull(tree.Root.Child("chosen")!.Property("stdout-path"));
        Assert.DoesNotContain(Arm64Machines.OldInitrd, tree.Reservations);
    }

    [Fact]
    public void A_tree_without_devices_is_not_handed_on()
    {
        DeviceTree stub = DeviceTree.Create("stub");
        stub.Root.SetCells("#address-cells", 2);
        stub.Root.SetCells("#size-cells", 2);
        DeviceNode chosen = stub.Root.Add("chosen");
        chosen.SetU64("linux,uefi-system-table", 0xbfe0_0018);
        chosen.SetU64("linux,uefi-mmap-start", 0x6000_1000);
        chosen.SetCells("linux,uefi-mmap-size", 0x1230);
        chosen.SetCells("linux,uefi-mmap-desc-size", 0x30);
        chosen.SetCells("linux,uefi-mmap-desc-ver", 1);
        FreeBsdRequest request = TestRequests.OfArm64(Uefi(Arm64Machines.Read(stub)));
        Handoff handoff = FreeBsdArm64Planner.Plan(request);
        Assert.DoesNotContain(Chain(handoff), record => record.Type == ModInfo.Arm64DeviceTree);
        Assert.True(Prove(request, handoff).Holds);
    }

    [Fact]
    public void Everything_is_in_one_GiB()
    {
        // 256 MiB below the boundary are not enough for 400, and 512 above it are.
        Machine machine = Arm64Machines.Read(Arm64Machines.Tree(), """
            40000000-bfffffff : System RAM
              40000000-6fffffff : reserved

            """);
        FreeBsdRequest request = TestRequests.OfArm64(machine);
        request = request with
        {
            Files = [PreloadedFile.OfRaw("/disk", ModInfo.MemoryDiskType, new LongSource(400L << 20))],
        };
        Handoff handoff = FreeBsdArm64Planner.Plan(request);
        Segment kernel = handoff.Segments.First(segment => segment.Name == "kernel");
        Assert.Equal(new PhysicalAddress(0x8000_0000), kernel.Destination.Start);
    }

    [Fact]
    public void What_finds_no_place_in_one_GiB_is_refused()
    {
        Machine machine = Arm64Machines.Read(Arm64Machines.Tree(), "60000000-9fffffff : System RAM\n");
        FreeBsdRequest request = TestRequests.OfArm64(machine);
        request = request with
        {
            Files = [PreloadedFile.OfRaw("/disk", ModInfo.MemoryDiskType, new LongSource(700L << 20))],
        };
        PlacementException e = Assert.Throws<PlacementException>(() => FreeBsdArm64Planner.Plan(request));
        Assert.Contains("within one GiB", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_little_knowledge_is_refused()
    {
        DeviceTree halfway = Arm64Machines.Tree(isUefi: true);
        halfway.Root.Child("chosen")!.Remove("linux,uefi-mmap-desc-size");
        Assert.Equal((ImageError.Missing, "EFI_MAP"), Refused(Arm64Machines.Read(halfway)));
        DeviceTree wide = Arm64Machines.Tree(isUefi: true);
        wide.Root.Child("chosen")!.SetU64(RunningDeviceTree.UefiMapSize, 0x1230);
        Assert.Equal((ImageError.Missing, RunningDeviceTree.UefiMapSize), Refused(Arm64Machines.Read(wide)));
        Assert.Equal((ImageError.Missing, RunningDeviceTree.Path), Refused(Arm64Machines.Read(null)));
        DeviceTree empty = Arm64Machines.Tree();
        foreach (DeviceNode node in empty.MemoryNodes().ToArray())
        {
            empty.Root.Delete(node);
        }

        Assert.Equal((ImageError.OutOfRange, "/memory"), Refused(Arm64Machines.Read(empty)));
        Assert.Equal((ImageError.WrongArchitecture, "e_machine"), Refused(TestMachines.Bios()));
    }

    [Fact]
    public void A_module_of_another_architecture_is_refused()
    {
        FreeBsdRequest request = TestRequests.OfArm64(Machine(isUefi: false));
        request = request with { Files = TestRequests.Of(TestMachines.Bios()).Files };
        Assert.Equal(
            ImageError.WrongArchitecture,
            Assert.Throws<ImageFormatException>(() => FreeBsdArm64Planner.Plan(request)).Error);
    }

    [Fact]
    public void A_proof_is_not_satisfied_by_another_request()
    {
        FreeBsdRequest request = TestRequests.OfArm64(Machine(isUefi: false));
        Handoff handoff = FreeBsdArm64Planner.Plan(request);
        Assert.Equal(["howto"], Broken(request with { Howto = BootHowto.Single }));
        Assert.Equal(["kernel-first", "environment"], Broken(request with { KernelPath = "/boot/other/kernel" }));
        Assert.Equal(["files"], Broken(request with { Files = [request.Files[0] with { Arguments = "-y" }, request.Files[1]] }));
        Assert.Equal(["environment"], Broken(request with
        {
            Machine = request.Machine with { AcpiRsdp = new PhysicalAddress(0x1234) },
        }));
        DeviceTree other = Arm64Machines.Tree();
        other.Root.Child("pl011@9000000")!.SetStrings("compatible", "ns16550");
        Assert.Equal(["device-tree"], Broken(request with { Machine = Arm64Machines.Read(other) }));
        Assert.Equal(["memory-map"], Broken(
            request with { Machine = request.Machine with { Firmware = FirmwareKind.Uefi } }));

        string[] Broken(FreeBsdRequest changed) =>
            [.. Prove(changed, handoff).Clauses.Where(clause => !clause.Holds).Select(clause => clause.Id)];
    }

    internal static Machine Machine(bool isUefi) =>
        isUefi ? Uefi(Arm64Machines.Read(Arm64Machines.Tree(isUefi: true))) : Arm64Machines.Read(Arm64Machines.Tree());

    internal static ProofReport Prove(FreeBsdRequest request, Handoff handoff) => Arm64Proof.Run(
        handoff, ProofMachines.Arm64(request.Machine), FreeBsdArm64Contract.For(request));

    private static Machine Uefi(Machine machine) => machine with
    {
        AcpiRsdp = new PhysicalAddress(0xbfe0_0000),
        AcpiRsdpSource = EfiSystab.Source + "ACPI20",
    };

    private static (ImageError Error, string Field) Refused(Machine machine)
    {
        ImageFormatException e = Assert.Throws<ImageFormatException>(
            () => FreeBsdArm64Planner.Plan(TestRequests.OfArm64(machine)));
        return (e.Error, e.Where.Field);
    }

    private static IReadOnlyList<MetadataRecord> Chain(Handoff handoff)
    {
        ContentPart part = handoff.Segments.First(segment => segment.Name == "metadata").Content.Parts[^1];
        byte[] bytes = new byte[part.Length];
        part.Source.Read(part.SourceOffset, bytes);
        return MetadataChain.Read(bytes, "chain");
    }

    private static DeviceTree TreeOf(Handoff handoff)
    {
        ContentPart part = handoff.Segments.First(segment => segment.Name == "metadata").Content.Parts[1];
        byte[] bytes = new byte[part.Length];
        part.Source.Read(part.SourceOffset, bytes);
        return DeviceTree.Parse(bytes, "tree");
    }
}
