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

    /// <summary>What the machine's own tree reserves for as long as the machine runs, in no order.</summary>
    public static IEnumerable<PhysicalRange> Reservations(DeviceTree? running) => running is null ? [] :
    [
        .. RunningDeviceTree.LastingReservations(running),
        .. running.ReservedRegions().Where(region => region is { Range: not null, Reusable: false })
            .Select(region => region.Range!.Value),
    ];

    /// <summary>Reads the tree and makes it one of the machine.</summary>
    /// <param name="request">The tree and the machine.</param>
    /// <exception cref="ImageFormatException">
    /// The blob, or the machine's tree, is malformed, or the machine's memory does not fit into its cells.
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
            if (bank.Range.Start.Value >> 32 != 0 && tree.Root.AddressCellsOrDefault() < 2
                || bank.Range.Length >> 32 != 0 && tree.Root.SizeCellsOrDefault() < 2)
            {
                throw tree.Root.Fault(
                    ImageError.OutOfRange,
                    $"the machine's memory {bank.Range} does not fit into the numbers of cells that the given tree prescribes");
            }

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

        foreach (PhysicalRange range in Reservations(running).Except(tree.Reservations).ToList())
        {
            tree.Reservations.Add(range);
        }

        return tree;
    }

    /// <summary>The machine's memory by its tree, or by /proc/iomem where it has none; UEFI has a map of its own.</summary>
    private static IEnumerable<MemoryBank> Banks(DeviceTree? running, Machine machine) =>
        running is null ? machine.SystemRam.Select(range => new MemoryBank("", range, false))
        : running.MemoryBanks();
}
