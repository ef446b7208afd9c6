using System.Text;
using Baton.Bytes;
using Baton.Formats.DeviceTrees;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;
using Baton.Packs;
using Baton.Proofs;
using Baton.Protocols.FreeBsd;
using Baton.Tests.Protocols;
using Baton.Tests.Protocols.FreeBsd;

namespace Baton.Tests.Packs;

/// <summary>
/// A packed handoff to a FreeBSD kernel on an arm64 machine with UEFI, run on the simulated processor in another boot than
/// the recorded one; what it hands to kexec_load(2) is then proved for that other boot.
/// </summary>
public sealed class PackedFreeBsdTests
{
    private const string Systab = "/sys/firmware/efi/systab";
    private const string Lines = "SMBIOS3=0xbfd00000\nACPI20=0x13c3d0018\nACPI=0xbfd00014\n";

    private readonly FreeBsdRequest _request = TestRequests.OfArm64(
        MachineOf(Arm64Machines.Tree(isUefi: true), "MPS=0x1\nACPI20=0xbfe00018\nSMBIOS=0x2\n")) with { IsForThisBoot = false };

    [Theory]
    [InlineData(0x7123_4568, 0x2a60)]
    [InlineData(0x7123_4560, 0x1200)]
    [InlineData(0x7200_0000, 0x3230)]
    public void What_the_kernel_finds_is_this_boots(ulong mapStart, uint mapSize)
    {
        Handoff handoff = FreeBsdArm64Planner.Plan(_request);
        DeviceTree boot = Boot(mapStart, mapSize);
        SimulatedProgram program = Start(handoff, boot, Lines);
        int? status = program.Run();
        Assert.True(status is null, $"status {status}: {program.Written}");

        Machine machine = MachineOf(boot, Lines);
        Assert.Equal("0x13c3d0018", machine.AcpiRsdp.ToString());
        PhysicalRange map = machine.Efi!.HiddenMap!.Range;
        Handoff loaded = handoff with
        {
            Segments =
            [
                .. handoff.Segments.Zip(program.Loaded!, (planned, found) => planned with
                {
                    Destination = found.Destination,
                    Content = SegmentContent.OfBytes(found.Bytes, planned.Name),
                }),
            ],
            Copies = [handoff.Copies[0] with { From = map }],
        };
        ProofReport proof = FreeBsdArm64PlannerTests.Prove(_request with { Machine = machine }, loaded);
        Assert.True(proof.Holds, string.Join('\n', proof.Failed));
        Assert.Equal(
            ["environment", "memory-map", "firmware-handle"],
            FreeBsdArm64PlannerTests.Prove(_request, loaded).Clauses.Where(clause => !clause.Holds && clause.Id != "arrival")
                .Select(clause => clause.Id).Intersect(["environment", "memory-map", "firmware-handle"]));
    }

    [Theory]
    [InlineData("SMBIOS=0x2\nACPI=0x3\n", 0x1200, "/sys/firmware/efi/systab: there is no ACPI20, and there was when the machine")]
    [InlineData("", 0x1200, "/sys/firmware/efi/systab: there is no ACPI20")]
    [InlineData("ACPI20=0x12g4\n", 0x1200, "/sys/firmware/efi/systab: there is no ACPI20")]
    [InlineData(null, 0x1200, "open /sys/firmware/efi/systab: ENOENT")]
    [InlineData(Lines, 0x3260, "/sys/firmware/fdt: linux,uefi-mmap-size is more than there is room for")]
    public void A_boot_that_is_not_as_recorded_is_told(string? systab, uint mapSize, string words)
    {
        SimulatedProgram program = Start(FreeBsdArm64Planner.Plan(_request), Boot(0x7123_4560, mapSize), systab);
        int? status = program.Run();
        Assert.True(status is 69 or 71, $"status {status}");
        Assert.StartsWith("handoff: " + words, program.Written, StringComparison.Ordinal);
        Assert.Equal(1, program.Written.Count(c => c == '\n'));
        Assert.Null(program.Loaded);
    }

    private SimulatedProgram Start(Handoff handoff, DeviceTree boot, string? systab)
    {
        HandoffPack pack = HandoffPack.Build(handoff, MachineFingerprint.Of(_request.Machine));
        byte[] file = new byte[pack.File.Length];
        pack.File.Read(0, file);
        Dictionary<string, byte[]> files = new()
        {
            ["/proc/iomem"] = Encoding.ASCII.GetBytes(Arm64Machines.IoMem),
            ["/" + RunningDeviceTree.Path] = boot.ToFreshArray(),
        };
        if (systab is not null)
        {
            files[Systab] = Encoding.ASCII.GetBytes(systab);
        }

        return new SimulatedProgram(file, files, "/proc", "/sys");
    }

    private static DeviceTree Boot(ulong mapStart, uint mapSize)
    {
        DeviceTree tree = Arm64Machines.Tree(isUefi: true);
        DeviceNode chosen = tree.Root.Child("chosen")!;
        chosen.SetU64(RunningDeviceTree.UefiMapStart, mapStart);
        chosen.SetCells(RunningDeviceTree.UefiMapSize, mapSize);
        chosen.SetU64(RunningDeviceTree.UefiSystemTable, 0x1_3c3f_0018);
        return tree;
    }

    private static Machine MachineOf(DeviceTree tree, string systab)
    {
        Dictionary<string, byte[]> files = Arm64Machines.Files(tree);
        files[Systab[1..]] = Encoding.ASCII.GetBytes(systab);
        return MachineReader.Read(new MemoryFileTree(
            "test", files.ToDictionary(file => file.Key, file => new TreeFile(TreeFileState.Present, file.Value))));
    }
}
