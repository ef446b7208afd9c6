using System.Globalization;
using System.Text;
using Baton.Cli;
using Baton.Formats.DeviceTrees;
using Baton.Machines;
using Baton.Memory;
using Baton.Tests.Cli;
using Baton.Tests.Formats;
using Baton.Tests.Protocols;

namespace Baton.Tests.Packs;

/// <summary>
/// A packed handoff for an arm64 machine with UEFI, run on the simulated processor in boots that differ from the recorded
/// one: what it takes from the boot's device tree, and which place it chooses.
/// </summary>
public sealed class PackedUefiTests : IDisposable
{
    private const ulong KexecCommand = 0x4558_4543;

    private readonly RecordedMachine _machine = RecordedMachine.Arm64(Arm64Machines.Tree(isUefi: true));
    private readonly byte[] _program;

    public PackedUefiTests()
    {
        string file = Path.Join(_machine.Folder, "handoff");
        (int status, string output, string error) = _machine.Run(
            "pack", _machine.Write("Image", TestImages.Arm64Image()), "--initrd", _machine.Write("initrd", TestImages.Cpio()),
            "--append", "x", "-o", file);
        Assert.True(status == ExitCode.Ok, error);
        Assert.Contains("at one of 4 places", output, StringComparison.Ordinal);
        _program = File.ReadAllBytes(file);
    }

    public void Dispose() => _machine.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_leads_to_the_firmware_is_this_boots(bool isInit)
    {
        DeviceTree boot = Boot(0x7123_4560, 0x2a60);
        SimulatedProgram program = Start(Arm64Machines.IoMem, boot.ToFreshArray(), isInit);
        int? status = program.Run();
        Assert.True(status is null, $"status {status}: {program.Written}");
        Assert.Equal(KexecCommand, program.Reboot);
        DeviceNode chosen = TreeOf(program).Root.Child("chosen")!;
        string[] names = [.. boot.Root.Child("chosen")!.Properties.Select(p => p.Name).Where(IsUefi)];
        Assert.Equal(5, names.Length);
        Assert.All(names, name => Assert.Equal(
            boot.Root.Child("chosen")!.Property(name)!.Value.ToArray(), chosen.Property(name)!.Value.ToArray()));
        Assert.Equal("x", chosen.Property("bootargs")!.Text);
    }

    /// <summary>300 boots with memory in use at random: against the same choice made here.</summary>
    [Fact]
    public void The_first_place_that_is_free_is_taken()
    {
        List<IReadOnlyList<PhysicalRange>> places = Places();
        Assert.Equal(4, places.Count);
        Random random = new(4);
        int[] taken = new int[places.Count + 1];
        for (int i = 0; i < 300; i++)
        {
            PhysicalRange map = new(new PhysicalAddress(0x4000_0000 + ((ulong)random.Next(0x1_0000) * 0x1000) + 0x20), 0x900);
            List<PhysicalRange> used =
            [
                .. Enumerable.Range(0, random.Next(12)).Select(_ => new PhysicalRange(
                    new PhysicalAddress(0x4000_0000 + ((ulong)random.Next(0x1000) * 0x1000)),
                    (ulong)random.Next(1, 0x60) * 0x1000)),
            ];
            string iomem = string.Concat(
                ["40000000-bfffffff : System RAM\n",
                    .. used.Select((range, n) => n % 3 == 2
                        ? $"    {range.Start.Value:x}-{range.End.Value - 1:x} : Crash kernel\n"
                        : $"  {range.Start.Value:x}-{range.End.Value - 1:x} : reserved\n"),
                    "  44000000-5fffffff : Kernel code\n", "880000000-8bfffffff : System RAM\n"]);
            int expected = Enumerable.Range(0, places.Count).FirstOrDefault(
                place => !RangeSet.Of(places[place]).Overlaps(map)
                    && !used.Exists(range => RangeSet.Of(places[place]).Overlaps(range)),
                places.Count);
            SimulatedProgram program = Start(iomem, Boot(map.Start.Value, (uint)map.Length).ToFreshArray());
            int? status = program.Run();
            taken[expected]++;
            if (expected == places.Count)
            {
                Assert.Equal(69, status);
                Assert.Matches(
                    @"^handoff: memory: this boot has \[0x[0-9a-f]+, 0x[0-9a-f]+\) in use, .*\n$", program.Written);
                Assert.Null(program.Loaded);
            }
            else
            {
                Assert.True(status is null, $"boot {i}: status {status}: {program.Written}");
                Assert.True(
                    program.Loaded!.All(s => RangeSet.Of(places[expected]).Contains(s.Destination)),
                    $"boot {i}: expected place {expected}");
            }
        }

        Assert.All(taken, count => Assert.True(count > 5, $"boots by place: {string.Join(' ', taken)}"));
    }

    [Theory]
    [InlineData("no UEFI", "/sys/firmware/fdt: not all linux,uefi- properties that were recorded are there")]
    [InlineData("one more", "/sys/firmware/fdt: linux,uefi-secure-boot was not recorded, or not so")]
    [InlineData("another length", "/sys/firmware/fdt: linux,uefi-mmap-size was not recorded, or not so")]
    [InlineData("cut off", "/sys/firmware/fdt: not a whole device tree")]
    [InlineData("no file", "open /sys/firmware/fdt: ENOENT")]
    public void A_tree_that_is_not_as_recorded_is_told(string what, string words)
    {
        DeviceTree boot = Boot(0x7123_4560, 0x2a60);
        DeviceNode chosen = boot.Root.Child("chosen")!;
        switch (what)
        {
            case "no UEFI":
                chosen.Remove(RunningDeviceTree.UefiSystemTable);
                break;
            case "one more":
                chosen.SetCells("linux,uefi-secure-boot", 2);
                break;
            case "another length":
                chosen.SetU64(RunningDeviceTree.UefiMapSize, 0x1230);
                break;
            default:
                break;
        }

        byte[] blob = boot.ToFreshArray();
        SimulatedProgram program = Start(Arm64Machines.IoMem, what switch
        {
            "cut off" => blob[..^1],
            "no file" => null,
            _ => blob,
        });
        int? status = program.Run();
        Assert.True(status is 69 or 71, $"status {status}");
        Assert.StartsWith("handoff: " + words, program.Written, StringComparison.Ordinal);
        Assert.Equal(1, program.Written.Count(c => c == '\n'));
        Assert.Null(program.Loaded);
    }

    /// <summary>The places by asking the program: each in use lets it take the next.</summary>
    private List<IReadOnlyList<PhysicalRange>> Places()
    {
        List<IReadOnlyList<PhysicalRange>> places = [];
        StringBuilder iomem = new("40000000-bfffffff : System RAM\n");
        while (true)
        {
            SimulatedProgram program = Start(
                iomem + "880000000-8bfffffff : System RAM\n", Boot(0xbf00_0000, 0x900).ToFreshArray());
            if (program.Run() is not null)
            {
                return places;
            }

            // The kernel has the 2 MiB of its image_size from its start on.
            places.Add(
            [
                .. program.Loaded!.Select(segment => segment.Bytes.Length == TestImages.Arm64Image().Length
                    ? new PhysicalRange(segment.Destination.Start, 0x20_0000)
                    : segment.Destination),
            ]);
            foreach (PhysicalRange range in places[^1])
            {
                iomem.Append(CultureInfo.InvariantCulture, $"  {range.Start.Value:x}-{range.End.Value - 1:x} : reserved\n");
            }
        }
    }

    private SimulatedProgram Start(string iomem, byte[]? tree, bool isInit = false)
    {
        Dictionary<string, byte[]> files = new() { ["/proc/iomem"] = Encoding.ASCII.GetBytes(iomem) };
        if (tree is not null)
        {
            files["/" + RunningDeviceTree.Path] = tree;
        }

        return new SimulatedProgram(_program, files, isInit ? [] : ["/proc", "/sys"]) { IsInit = isInit };
    }

    /// <summary>The tree of another boot of the machine.</summary>
    private static DeviceTree Boot(ulong mapStart, uint mapSize)
    {
        DeviceTree tree = Arm64Machines.Tree(isUefi: true);
        DeviceNode chosen = tree.Root.Child("chosen")!;
        chosen.SetU64(RunningDeviceTree.UefiMapStart, mapStart);
        chosen.SetCells(RunningDeviceTree.UefiMapSize, mapSize);
        chosen.SetU64(RunningDeviceTree.UefiSystemTable, 0xbfe1_0018);
        return tree;
    }

    private static DeviceTree TreeOf(SimulatedProgram program) => program.Loaded!
        .Where(segment => DeviceTreeHeader.Matches(new Baton.Bytes.ByteView(segment.Bytes, "segment")))
        .Select(segment => DeviceTree.Parse(segment.Bytes, "dtb"))
        .Single();

    private static bool IsUefi(string name) => name.StartsWith(RunningDeviceTree.UefiPrefix, StringComparison.Ordinal);
}
