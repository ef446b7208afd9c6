using Baton.Bytes;
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

    /// <summary>The regions under <c>/reserved-memory</c>, in the order of the tree.</summary>
    /// <exception cref="ImageFormatException">A node's <c>reg</c> or <c>size</c> is broken.</exception>
    public static IReadOnlyList<ReservedRegion> ReservedRegions(this DeviceTree tree)
    {
        ArgumentNullException.ThrowIfNull(tree);
        List<ReservedRegion> regions = [];
        foreach (DeviceNode node in tree.Root.Child("reserved-memory")?.Children ?? [])
        {
            if (!node.IsAvailable)
            {
                continue;
            }

            bool noMap = node.Property("no-map") is not null;
            bool reusable = node.Property("reusable") is not null;
            if (node.Property("reg") is not null)
            {
                regions.AddRange(
                    from entry in node.Reg()
                    select node.ToPhysical(entry) is { } range
                        ? new ReservedRegion(node.Path, range, range.Length, noMap, reusable)
                        : throw node.Fault(
                            ImageError.Inconsistent, $"{node.Path}: {entry} is on a bus without a way to memory"));
            }
            else if (node.Property("size") is { } size)
            {
                regions.Add(new ReservedRegion(node.Path, null, SizeOf(node, size), noMap, reusable));
            }
        }

        return regions;
    }

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
