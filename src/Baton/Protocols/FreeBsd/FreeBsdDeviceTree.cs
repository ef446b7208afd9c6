using Baton.Bytes;
using Baton.Formats.DeviceTrees;
using Baton.Machines;
using Baton.Protocols.LinuxArm64;

namespace Baton.Protocols.FreeBsd;

/// <summary>
/// The device tree that a FreeBSD kernel is given: the running kernel's, without what was meant for that kernel, and with
/// its memory in one node, because the kernel looks at the first alone (sys/dev/fdt/fdt_common.c).
/// </summary>
internal static class FreeBsdDeviceTree
{
    /// <summary>The most ranges of memory that a kernel takes from a tree (FDT_MEM_REGIONS).</summary>
    public const int MostBanks = 16;

    private const string Memory = "memory";

    /// <summary>
    /// What says nothing of hardware: the EFI stub makes such a tree where the firmware has none, and a kernel that finds
    /// one looks there for its devices instead of in ACPI.
    /// </summary>
    private static readonly string[] NoHardware = [ChosenProperties.Node, "hypervisor", "reserved-memory", Memory];

    /// <summary>The blob; empty where the firmware has no tree of its own, but ACPI.</summary>
    /// <exception cref="ImageFormatException">
    /// The machine shows no tree and has no other memory map, or the tree tells of no memory, or of too many ranges.
    /// </exception>
    public static byte[] For(Machine machine)
    {
        bool isUefi = machine.Firmware == FirmwareKind.Uefi;
        if (RunningDeviceTree.Of(machine) is not { } tree)
        {
            return isUefi ? [] : throw Fault(
                machine,
                ImageError.Missing,
                RunningDeviceTree.Path,
                "the machine shows no device tree, and the next kernel cannot do without: run as root, or record the machine "
                + "anew as root");
        }

        if (tree.Root.Children.All(child => NoHardware.Contains(child.BaseName)))
        {
            return isUefi ? [] : throw Fault(
                machine, ImageError.Missing, RunningDeviceTree.Path, "the device tree names no device at all");
        }

        // What leads to the firmware's tables is told by the chain, and would be the recorded boot's in a pack.
        NextDeviceTree.Forget(tree);
        if (tree.Root.Child(ChosenProperties.Node) is { } chosen)
        {
            foreach (DeviceProperty property in chosen.Properties
                .Where(property => property.Name.StartsWith(RunningDeviceTree.UefiPrefix, StringComparison.Ordinal)).ToArray())
            {
                chosen.Remove(property.Name);
            }
        }

        if (!isUefi)
        {
            JoinMemory(machine, tree);
        }

        return tree.ToFreshArray();
    }

    private static void JoinMemory(Machine machine, DeviceTree tree)
    {
        MemoryBank[] banks = [.. tree.MemoryBanks().Where(bank => !bank.Hotpluggable)];
        if (banks.Length is 0 or > MostBanks)
        {
            throw Fault(
                machine,
                ImageError.OutOfRange,
                "/memory",
                $"{RunningDeviceTree.Path} tells of {banks.Length} ranges of memory, and a FreeBSD kernel takes 1 to "
                + $"{MostBanks}");
        }

        DeviceNode[] nodes = [.. tree.MemoryNodes()];
        if (nodes is [{ BaseName: Memory } only] && banks.Length == only.Reg().Count)
        {
            return;
        }

        foreach (DeviceNode node in nodes)
        {
            tree.Root.Delete(node);
        }

        DeviceNode joined = tree.Root.Add($"{Memory}@{banks[0].Range.Start.Value:x}");
        joined.SetStrings("device_type", Memory);
        joined.SetReg("reg", banks.Select(bank => new DeviceRange(bank.Range.Start.Value, bank.Range.Length)));
    }

    private static ImageFormatException Fault(Machine machine, ImageError error, string field, string problem) =>
        new(error, new ImageLocation(machine.Source, 0, field), problem);
}
