using System.Text;
using Baton.Formats.DeviceTrees;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;
using Baton.Packs;
using Baton.Protocols.LinuxArm64;
using Baton.Tests.Protocols;

namespace Baton.Tests.Packs;

/// <summary>A packed handoff for a machine with a GICv3 keeps off the tables that the kernel's log tells of.</summary>
public sealed class PackedInterruptTablesTests
{
    private const string FirstLine = "<6>[    0.000000] Booting Linux on physical CPU 0x0000000000 [0x000f0510]\n";

    [Theory]
    [InlineData("Linux version 6.1.0", 0)]
    [InlineData("GICv3: using LPI property table @0x0000000050000000", 0)]
    [InlineData("GICv3: using LPI property table @FIRST", 1)]
    [InlineData("GICv3: CPU3: using allocated LPI pending table @FIRST\n[    0.2] and more", 1)]
    [InlineData("GICv3: using LPI property table @FIRST\nGICv3: CPU0: using allocated LPI pending table @SECOND\n", null)]
    public void The_first_place_without_a_table_is_taken(string log, int? expected)
    {
        (Handoff[] places, SimulatedProgram program) = Packed($"{FirstLine}<6>[    0.000000] {log}");
        int? status = program.Run();
        if (expected is { } place)
        {
            Assert.True(status is null, program.Written);
            Assert.Equal(places[place].Entry.Value, program.Entry);
            Assert.Equal(
                places[place].Segments.Select(segment => segment.Destination),
                program.Loaded!.Select(segment => segment.Destination));
        }
        else
        {
            Assert.Equal(69, status);
            Assert.StartsWith("handoff: memory: this boot has [0x", program.Written, StringComparison.Ordinal);
        }
    }

    /// <summary>A log without the boot's first line says nothing about what its lost lines said.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("<6>[ 1234.567890] eth0: link becomes ready\n")]
    [InlineData("<6>[ 1234.567890] eth0: link becomes ready\n<5>[ 1234.567891] app: Linux version 6.1.0\n")]
    [InlineData("\n<6>[    0.000000] Booting Linux on physical CPU 0x0000000000 [0x000f0510]\n")]
    [InlineData("<6>[    0.000000] GICv3: using LPI property table @FIRST\n")]
    [InlineData("<6>[    0.000000] Booting Linux on ph")]
    public void A_log_that_has_lost_its_first_lines_is_not_trusted(string log)
    {
        (_, SimulatedProgram program) = Packed(log);
        Assert.Equal(69, program.Run());
        Assert.Null(program.Loaded);
        Assert.StartsWith("handoff: kernel log: it has lost this boot's first lines", program.Written, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<5>[    0.000000] Linux version 6.1.0 (gcc)\n")]
    [InlineData("<6>[    0.000000][    T0] Booting Linux on physical CPU 0x0")]
    public void A_log_that_begins_with_the_boot_is_trusted(string log)
    {
        (Handoff[] places, SimulatedProgram program) = Packed(log);
        Assert.True(program.Run() is null, program.Written);
        Assert.Equal(places[0].Entry.Value, program.Entry);
    }

    /// <summary>A handoff packed for two places, in a boot with a log in which they are called FIRST and SECOND.</summary>
    private static (Handoff[] Places, SimulatedProgram Program) Packed(string log)
    {
        Machine machine = Arm64Machines.Read(Tree());
        Handoff[] places = new Handoff[2];
        LinuxArm64Request request = Arm64Machines.Request(machine);
        places[0] = LinuxArm64Planner.Plan(request);
        Assert.True(places[0].HasInterruptTables);
        places[1] = LinuxArm64Planner.Plan(request with
        {
            Machine = machine with
            {
                Usable = machine.Usable.Subtract(
                [
                    .. places[0].Segments.Select(segment => segment.Destination),
                    .. places[0].Reservations.Select(reservation => reservation.Range),
                ]),
            },
        });
        HandoffPack pack = HandoffPack.Build(places[0], MachineFingerprint.Of(machine), places[1]);
        byte[] file = new byte[pack.File.Length];
        pack.File.Read(0, file);

        // In the kernel's footprint behind its file, which is no segment.
        string Address(Handoff place) => $"0x{place.KernelEntry.Value + 0x18_0000:x16}";
        SimulatedProgram program = new(
            file,
            new Dictionary<string, byte[]> { ["/proc/iomem"] = Encoding.ASCII.GetBytes(Arm64Machines.IoMem) },
            "/proc")
        {
            Log = log.Replace("FIRST", Address(places[0]), StringComparison.Ordinal)
                .Replace("SECOND", Address(places[1]), StringComparison.Ordinal),
        };
        return (places, program);
    }

    private static DeviceTree Tree()
    {
        DeviceTree tree = Arm64Machines.Tree();
        DeviceNode its = tree.Root.Add("its@8080000");
        its.SetStrings("compatible", "arm,gic-v3-its");
        its.SetReg("reg", new DeviceRange(0x808_0000, 0x2_0000));
        return tree;
    }
}
