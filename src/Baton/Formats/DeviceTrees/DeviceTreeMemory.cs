using Baton.Bytes;
using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Formats.DeviceTrees;

/// <summary>One bank of memory.</summary>
/// <param name="Path">The node that says so.</param>
/// <param name="Range">Where it is; several banks may come from one node.</param>
/// <param name="Hotpluggable">Whether it may be taken away.</param>
public sealed record MemoryBank(string Path, PhysicalRange Range, bool Hotpluggable);

/// <summary>A region under <c>/reserved-memory</c>.</summary>
/// <param name="Path">The node that says so.</param>
/// <param name="Range">Where it is; null when a kernel is to find a place for it.</param>
/// <param name="Size">Bytes of it.</param>
/// <param name="NoMap">Whether it must not even be mapped.</param>
/// <param name="Reusable">Whether it may be used until its owner wants it back.</param>
public sealed record ReservedRegion(string Path, PhysicalRange? Range, ulong Size, bool NoMap, bool Reusable);

/// <summary>
/// What a device tree says of memory. Specification: sections 3.4 and 3.5; hotpluggable as Linux reads it.
/// </summary>
public static class DeviceTreeMemory
{
    /// <summary>
    /// The banks of memory, in the order of the tree: all entries of <c>reg</c> of all nodes whose device_type is memory.
    /// Nodes that are not available do not count, and neither do empty entries.
    /// </summary>
    /// <exception cref="ImageFormatException">A node's <c>reg</c> is broken.</exception>
    public static IReadOnlyList<MemoryBank> MemoryBanks(this DeviceTree tree)
    {
        ArgumentNullException.ThrowIfNull(tree);
        List<MemoryBank> banks = [];
        foreach (DeviceNode node in tree.MemoryNodes().Where(n => n.IsAvailable))
        {
            bool hotpluggable = node.Property("hotpluggable") is not null;
            banks.AddRange(
                from entry in node.Reg()
                where entry.Size > 0
                select node.ToPhysical(entry) is { } range
                    ? new MemoryBank(node.Path, range, hotpluggable)
                    : throw node.Fault(ImageError.Inconsistent, $"{node.Path}: {entry} is on a bus without a way to memory"));
        }

        return banks;
    }

    /// <summary>The nodes that describe memory, whether they are available or not.</summary>
    public static IEnumerable<DeviceNode> MemoryNodes(this DeviceTree tree)
    {
        ArgumentNullException.ThrowIfNull(tree);
        return tree.Root.Children.Where(n => n.Property("device_type")?.Text == "memory");
    }

    /// <summary>
    /// The regions under <c>/reserved-memory</c>, in the order of the tree. Linux passes over a node that is described wrongly,
    /// so it is left out.
    /// </summary>
    /// <param name="tree">The tree.</param>
    /// <param name="findings">Gets a warning for each node that is left out; null where they have been told before.</param>
    public static IReadOnlyList<ReservedRegion> ReservedRegions(this DeviceTree tree, ICollection<Finding>? findings = null)
    {
        ArgumentNullException.ThrowIfNull(tree);
        List<ReservedRegion> regions = [];
        foreach (DeviceNode node in tree.Root.Child("reserved-memory")?.Children.Where(node => node.IsAvailable) ?? [])
        {
            try
            {
                regions.AddRange(RegionsOf(node));
            }
            catch (ImageFormatException e)
            {
                findings?.Add(new Finding(
                    Severity.Warning, "reserved-memory", $"{e.Message}; Linux does not reserve it, and it is not kept clear"));
            }
        }

        return regions;
    }

    private static List<ReservedRegion> RegionsOf(DeviceNode node)
    {
        bool noMap = node.Property("no-map") is not null;
        bool reusable = node.Property("reusable") is not null;
        if (node.Property("reg") is not null)
        {
            return [.. node.Reg().Select(entry => PlaceOf(node, entry)).Select(range =>
                new ReservedRegion(node.Path, range, range.Length, noMap, reusable))];
        }

        return node.Property("size") is { } size
            ? [new ReservedRegion(node.Path, null, SizeOf(node, size), noMap, reusable)]
            : [];
    }

    /// <summary>Linux wants <c>ranges</c>, but does not translate by it: what is in no window is a physical address.</summary>
    private static PhysicalRange PlaceOf(DeviceNode node, DeviceRange entry) =>
        node.ToPhysical(entry) is { } range ? range
        : node.Parent?.Property("ranges") is null
            ? throw node.Fault(ImageError.Inconsistent, $"{node.Path}: {entry} is on a bus without a way to memory (no ranges)")
        : entry.Address <= ulong.MaxValue && entry.Size <= ulong.MaxValue
            && PhysicalRange.Fits(new PhysicalAddress((ulong)entry.Address), (ulong)entry.Size)
            ? new PhysicalRange(new PhysicalAddress((ulong)entry.Address), (ulong)entry.Size)
        : throw node.Fault(ImageError.OutOfRange, $"{node.Path}: {entry} is not in 64-bit memory");

    private static ulong SizeOf(DeviceNode node, DeviceProperty property)
    {
        int cells = node.Parent.SizeCellsOrDefault();
        if (property.Value.Length != cells * sizeof(uint) || cells == 0)
        {
            throw property.Fault(ImageError.OutOfRange, $"{property.Value.Length} bytes, expected {cells} cells");
        }

        UInt128 size = new CellReader(property).Next(cells);
        return size <= ulong.MaxValue
            ? (ulong)size
            : throw property.Fault(ImageError.OutOfRange, $"found 0x{size:x}, expected a size in 64-bit memory");
    }
}
