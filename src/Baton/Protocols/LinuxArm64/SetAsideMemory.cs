using System.Globalization;
using Baton.Bytes;
using Baton.Formats.DeviceTrees;
using Baton.Machines;
using Baton.Memory;

namespace Baton.Protocols.LinuxArm64;

/// <summary>
/// What the running kernel's tree sets aside, told in a tree from the user. Memory that must not be mapped is told in
/// /reserved-memory alone: the reservation block has no word for it, and Linux 5.12 to 6.3 reads the block first and then
/// does not take memory out of its map that is reserved already (drivers/of/fdt.c).
/// </summary>
internal static class SetAsideMemory
{
    private const string Node = "reserved-memory";

    /// <summary>The regions of a tree that must not be mapped.</summary>
    public static RangeSet Unmapped(DeviceTree? tree) => RangeSet.Of(
        (tree?.ReservedRegions() ?? []).Where(region => region.NoMap).Select(region => region.Range).OfType<PhysicalRange>());

    /// <summary>
    /// Whether Linux heeds a tree's /reserved-memory: one with other numbers of cells than the root's it passes over
    /// (drivers/of/fdt.c).
    /// </summary>
    public static bool IsHeeded(DeviceTree tree) => tree.Root.Child(Node) is not { } parent
        || (parent.AddressCells() == tree.Root.AddressCells() && parent.SizeCells() == tree.Root.SizeCells());

    /// <summary>Tells in a tree what another one sets aside for as long as the machine runs.</summary>
    /// <param name="tree">The tree from the user, without what is one kernel's alone.</param>
    /// <param name="running">The running kernel's; null when there is none.</param>
    /// <exception cref="ImageFormatException">
    /// The tree has other plans for memory that must not be mapped, or no place to tell of it.
    /// </exception>
    public static void Tell(DeviceTree tree, DeviceTree? running)
    {
        RangeSet forbidden = Unmapped(running);
        if (tree.ReservedRegions().FirstOrDefault(region =>
            !region.NoMap && region.Range is { } range && forbidden.Overlaps(range)) is { } mapped)
        {
            throw tree.Root.Fault(
                ImageError.Inconsistent,
                $"{mapped.Path}: {mapped.Range} may be mapped by this tree, and the running kernel's has no-map for "
                + $"{forbidden.Clip(mapped.Range!.Value)}: give the region no-map and the same place, or take it out");
        }

        RangeSet given = IsHeeded(tree) ? Unmapped(tree) : RangeSet.Empty;
        foreach (PhysicalRange range in forbidden.Subtract(given))
        {
            Forbid(tree, range);
        }

        IEnumerable<PhysicalRange> others = running is null ? [] :
        [
            .. RunningDeviceTree.LastingReservations(running),
            .. running.ReservedRegions().Where(region => region is { NoMap: false, Reusable: false })
                .Select(region => region.Range).OfType<PhysicalRange>(),
        ];
        PhysicalRange[] entries = [.. tree.Reservations, .. others.Except(tree.Reservations)];
        tree.Reservations.Clear();
        foreach (PhysicalRange range in entries.SelectMany(entry => RangeSet.Of(entry).Subtract(forbidden.Union(given))))
        {
            tree.Reservations.Add(range);
        }
    }

    private static void Forbid(DeviceTree tree, PhysicalRange range)
    {
        GivenDeviceTree.CheckCells(tree, range);
        DeviceNode? parent = tree.Root.Child(Node);
        if (parent is null)
        {
            parent = tree.Root.Add(Node);
            parent.SetCells("#address-cells", (uint)tree.Root.AddressCells());
            parent.SetCells("#size-cells", (uint)tree.Root.SizeCells());
            parent.SetEmpty("ranges");
        }

        string name = string.Create(CultureInfo.InvariantCulture, $"no-map@{range.Start.Value:x}");
        if (parent.Property("ranges") is not { Value.IsEmpty: true } || parent.Children.Any(child => child.Name == name)
            || !IsHeeded(tree))
        {
            throw tree.Root.Fault(
                ImageError.Inconsistent,
                $"{parent.Path} has no room for {name}, which the running kernel's tree has no-map for: expected empty ranges, "
                + "the root's #address-cells and #size-cells, and no other node of this name");
        }

        DeviceNode node = parent.Add(name);
        node.SetReg("reg", new DeviceRange(range.Start.Value, range.Length));
        node.SetEmpty("no-map");
    }
}
