using System.Globalization;
using Baton.Bytes;
using Baton.Formats.DeviceTrees;
using Baton.Machines;
using Baton.Memory;

namespace Baton.Protocols.LinuxArm64;

/// <summary>
/// A device tree from the user, made one of the machine: its memory nodes are replaced by the machine's, the way to UEFI by
/// the running kernel's, and what the running kernel's tree sets aside is reserved.
/// </summary>
internal static class GivenDeviceTree
{
    /// <summary>The properties of /chosen that lead to UEFI.</summary>
    public static IEnumerable<DeviceProperty> UefiProperties(DeviceTree? tree) =>
        tree?.Root.Child(ChosenProperties.Node)?.Properties.Where(property =>
            property.Name.StartsWith(RunningDeviceTree.UefiPrefix, StringComparison.Ordinal)) ?? [];

    /// <summary>Reads the tree and makes it one of the machine.</summary>
    /// <param name="request">The tree and the machine.</param>
    /// <exception cref="ImageFormatException">
    /// The blob, or the machine's tree, is malformed, the machine's memory does not fit into its cells, or it would map what
    /// the machine's tree forbids to map.
    /// </exception>
    public static DeviceTree For(LinuxArm64Request request)
    {
        Machine machine = request.Machine;
        DeviceTree tree = DeviceTree.Parse(request.DeviceTree, request.DeviceTreeName);
        DeviceTree? running = RunningDeviceTree.Of(machine);

        // Before anything of the running tree comes in that looks like what is this tree's own.
        NextDeviceTree.Forget(tree);
        foreach (DeviceNode node in tree.MemoryNodes().ToList())
        {
            tree.Root.Delete(node);
        }

        foreach (MemoryBank bank in Banks(running, machine))
        {
            DeviceNode node = tree.Root.GetOrAdd(
                string.Create(CultureInfo.InvariantCulture, $"memory@{bank.Range.Start.Value:x}"));
            node.SetStrings("device_type", "memory");
            CheckCells(tree, bank.Range);
            node.SetReg("reg", new DeviceRange(bank.Range.Start.Value, bank.Range.Length));
            if (bank.Hotpluggable)
            {
                node.SetEmpty("hotpluggable");
            }
        }

        DeviceNode chosen = tree.Root.GetOrAdd(ChosenProperties.Node);
        foreach (DeviceProperty property in UefiProperties(tree).ToList())
        {
            chosen.Remove(property.Name);
        }

        foreach (DeviceProperty property in UefiProperties(running))
        {
            chosen.Set(property.Name, property.Value);
        }

        SetAsideMemory.Tell(tree, running);
        return tree;
    }

    /// <summary>Refuses a range that the root's cells cannot hold.</summary>
    internal static void CheckCells(DeviceTree tree, PhysicalRange range)
    {
        if (!Fits(range.Start.Value, tree.Root.AddressCells()) || !Fits(range.Length, tree.Root.SizeCells()))
        {
            throw tree.Root.Fault(
                ImageError.OutOfRange,
                $"the machine's memory {range} does not fit into the numbers of cells that the given tree prescribes");
        }

        static bool Fits(ulong number, int cells) => cells >= 2 || number >> (32 * cells) == 0;
    }

    /// <summary>The machine's memory by its tree, or by /proc/iomem where it has none; UEFI has a map of its own.</summary>
    private static IEnumerable<MemoryBank> Banks(DeviceTree? running, Machine machine) =>
        running is null ? machine.SystemRam.Select(range => new MemoryBank("", range, false))
        : running.MemoryBanks();
}
