using Baton.Bytes;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.X64;
using Baton.Protocols;
using Baton.Protocols.FreeBsd;
using Baton.Protocols.FreeBsd.Clauses;
using Baton.Tests.Formats;

namespace Baton.Tests.Protocols.FreeBsd;

/// <summary>Plans for FreeBSD kernels, each proven.</summary>
public sealed class FreeBsdPlannerTests
{
    [Theory]
    [InlineData(true, 0, false, false)]
    [InlineData(true, 1, true, true)]
    [InlineData(true, 0, true, false)]
    [InlineData(false, 0, false, true)]
    [InlineData(false, 1, true, false)]
    [InlineData(false, 1, false, false)]
    public void Plans_hold(bool relocatable, int linker, bool uefi, bool fiveLevel)
    {
        FreeBsdRequest request = TestRequests.Of(Machine(uefi, fiveLevel), relocatable, (KernelLinker)linker);
        Handoff handoff = FreeBsdPlanner.Plan(request);
        ProofReport proof = Prove(request, handoff);
        Assert.True(proof.Holds, string.Join('\n', proof.Failed));
        Assert.True(proof.Clauses.Count >= 22);
        Assert.Equal(FreeBsdPlanner.SegmentNames.Order(), handoff.Segments.Select(segment => segment.Name).Order());
        Assert.Empty(KexecLimits.Check(handoff.Segments, request.Machine.Totals.Total));
    }

    [Fact]
    public void A_plan_without_files_has_one_segment_less()
    {
        FreeBsdRequest request = TestRequests.Of(TestMachines.Bios(), hasFiles: false);
        Handoff handoff = FreeBsdPlanner.Plan(request);
        Assert.Equal(3, handoff.Segments.Count);
        Assert.True(Prove(request, handoff).Holds);
    }

    [Fact]
    public void A_relocatable_kernel_goes_where_there_is_room()
    {
        Machine machine = TestMachines.Bios(TestMachines.Region(0x50_0000, 0x60_0000, MemoryKind.Reserved));
        FreeBsdRequest request = TestRequests.Of(machine);
        Handoff handoff = FreeBsdPlanner.Plan(request);
        Assert.Equal(0x60_0000UL, handoff.Segments.First(segment => segment.Name == "kernel").Destination.Start.Value);
        Assert.True(Prove(request, handoff).Holds);
    }

    [Fact]
    public void A_legacy_kernel_without_its_place_is_refused()
    {
        Machine machine = TestMachines.Bios(TestMachines.Region(0x50_0000, 0x60_0000, MemoryKind.Reserved));
        PlacementException e = Assert.Throws<PlacementException>(
            () => FreeBsdPlanner.Plan(TestRequests.Of(machine, relocatable: false)));
        Assert.Contains("the kernel runs only at 0x200000", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_runtime_regions_are_no_memory_map()
    {
        Machine partial = TestRequests.Uefi();
        partial = partial with
        {
            Efi = partial.Efi! with { CompleteMap = partial.Efi.RuntimeMap, CompleteMapProblem = "of a test" },
        };
        FreeBsdRequest request = TestRequests.Of(partial);
        Handoff handoff = FreeBsdPlanner.Plan(request);
        Finding warning = Assert.Single(handoff.Findings, finding => finding.Id == "no-efi-map");
        Assert.Contains("known: of a test", warning.Text, StringComparison.Ordinal);
        Assert.True(Prove(request, handoff).Holds);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_map_that_nobody_may_read_is_copied_on_the_way(bool relocatable)
    {
        FreeBsdRequest request = TestRequests.Of(TestRequests.Hidden(0x7eff_0040), relocatable);
        Handoff handoff = FreeBsdPlanner.Plan(request);
        MemoryCopy copy = Assert.Single(handoff.Copies);
        Assert.Equal("[0x7eff0040, 0x7eff0ca0)", $"{copy.From}");
        Assert.DoesNotContain(handoff.Findings, f => f.Id == "no-efi-map");
        ProofReport proof = Prove(request, handoff);
        Assert.True(proof.Holds, string.Join('\n', proof.Clauses.Where(clause => !clause.Holds)));

        // It is copied to that place, from that place, and all of it.
        Assert.False(Prove(request, handoff with { Copies = [] }).Holds);
        Assert.False(Prove(request, handoff with { Copies = [copy with { To = copy.To + 1 }] }).Holds);
        MachineReadBack(handoff, copy.Destination);

        // In another boot it may lie elsewhere; above 4 GiB the crossing does not see it.
        FreeBsdRequest[] others =
            [request with { IsForThisBoot = false }, TestRequests.Of(TestRequests.Hidden(0x1_7eff_0040), relocatable)];
        Assert.All(others, other =>
        {
            Handoff plain = FreeBsdPlanner.Plan(other);
            Assert.Empty(plain.Copies);
            Assert.Single(plain.Findings, f => f.Id == "no-efi-map");
            Assert.True(Prove(other, plain).Holds);
        });
    }

    /// <summary>Where the crossing writes, the file has zeros: nothing of the plan is lost.</summary>
    private static void MachineReadBack(Handoff handoff, PhysicalRange range)
    {
        Segment home = handoff.Segments.Single(segment => segment.Destination.Contains(range));
        byte[] bytes = new byte[range.Length];
        home.Content.Read((long)(range.Start - home.Destination.Start), bytes);
        Assert.All(bytes, value => Assert.Equal(0, value));
    }

    [Fact]
    public void A_legacy_kernel_lies_over_what_firmware_keeps_for_sleep_and_says_so()
    {
        Machine machine = TestMachines.Bios(TestMachines.Region(0x80_0000, 0x81_0000, MemoryKind.AcpiNvs));
        FreeBsdRequest request = TestRequests.Of(machine, relocatable: false);
        Handoff handoff = FreeBsdPlanner.Plan(request);
        Assert.Contains(
            "in [0x800000, 0x810000) is lost", Assert.Single(handoff.Findings, f => f.Id == "over-acpi-nvs").Text,
            StringComparison.Ordinal);
        Assert.True(Prove(request, handoff).Holds);
        request = TestRequests.Of(machine);
        Assert.DoesNotContain(FreeBsdPlanner.Plan(request).Findings, f => f.Id == "over-acpi-nvs");
    }

    [Fact]
    public void No_memory_map_is_refused()
    {
        Machine machine = TestMachines.Bios() with { FirmwareMemory = MemoryMap.Empty };
        ImageFormatException e = Assert.Throws<ImageFormatException>(() => FreeBsdPlanner.Plan(TestRequests.Of(machine)));
        Assert.Equal((ImageError.Missing, "SMAP"), (e.Error, e.Where.Field));
    }

    [Fact]
    public void More_than_the_window_is_refused()
    {
        FreeBsdRequest request = TestRequests.Of(TestMachines.Bios());
        request = request with { Files = [PreloadedFile.OfRaw("/big", ModInfo.MemoryDiskType, new LongSource(1L << 30))] };
        ImageFormatException e = Assert.Throws<ImageFormatException>(() => FreeBsdPlanner.Plan(request));
        Assert.Equal((ImageError.OutOfRange, "kernend"), (e.Error, e.Where.Field));
    }

    [Fact]
    public void Another_architecture_is_refused()
    {
        Machine machine = TestMachines.Bios() with { Architecture = Architecture.Arm64 };
        Assert.Equal(
            ImageError.WrongArchitecture,
            Assert.Throws<ImageFormatException>(() => FreeBsdPlanner.Plan(TestRequests.Of(machine))).Error);
    }

    [Fact]
    public void A_missing_root_is_noted()
    {
        FreeBsdRequest request = TestRequests.Of(TestMachines.Bios(), hasFiles: false);
        request = request with { Variables = new KernelEnvironment() };
        Assert.Contains(FreeBsdPlanner.Plan(request).Findings, finding => finding.Id == "no-root");
    }

    [Fact]
    public void A_proof_is_not_satisfied_by_another_request()
    {
        FreeBsdRequest request = TestRequests.Of(TestMachines.Bios());
        Handoff handoff = FreeBsdPlanner.Plan(request);
        Assert.Equal(["howto"], Broken(request with { Howto = BootHowto.Single }));
        Assert.Equal(["kernel-first", "environment"], Broken(request with { KernelPath = "/boot/other/kernel" }));
        Assert.Equal(["files"], Broken(request with { Files = [request.Files[0] with { Arguments = "-y" }, request.Files[1]] }));
        KernelEnvironment environment = request.Variables.Copy();
        environment.Set("a", "b");
        Assert.Equal(["environment"], Broken(request with { Variables = environment }));
        Machine more = TestMachines.Bios(TestMachines.Region(0x1000, 0x2000, MemoryKind.Reserved));
        Assert.Equal(["memory-map-content"], Broken(request with { Machine = more }));

        string[] Broken(FreeBsdRequest other) =>
            [.. Prove(other, handoff).Clauses.Where(clause => !clause.Holds).Select(clause => clause.Id)];
    }

    internal static Machine Machine(bool uefi, bool fiveLevel)
    {
        Machine machine = uefi ? TestRequests.Uefi() : TestMachines.Bios();
        return machine with { Processor = machine.Processor with { La57 = fiveLevel, PhysicalBits = 52 } };
    }

    internal static ProofReport Prove(FreeBsdRequest request, Handoff handoff) =>
        X64Proof.Run(handoff, ProofMachines.X64(request.Machine), FreeBsdContract.For(request));
}
