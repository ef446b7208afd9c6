using Baton.Bytes;
using Baton.Memory;

namespace Baton.Formats.DeviceTrees;

/// <summary>
/// Addresses in a device tree: <c>reg</c> with the cells that each parent prescribes, and <c>ranges</c> from bus to bus
/// up to physical memory. Specification: sections 2.3.5, 2.3.6 and 2.3.8.
/// </summary>
public static class DeviceAddresses
{
    /// <summary>The most cells of an address or a size that are read.</summary>
    public const int MostCells = 4;

    private const int DefaultAddressCells = 2;
    private const int DefaultSizeCells = 1;

    /// <summary>Cells of an address of the node's children: <c>#address-cells</c>, else 2.</summary>
    /// <exception cref="ImageFormatException">The property is not one cell of 0 to 4.</exception>
    public static int AddressCells(this DeviceNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return CellsOf(node, "#address-cells", DefaultAddressCells);
    }

    /// <summary>Cells of a size of the node's children: <c>#size-cells</c>, else 1.</summary>
    /// <exception cref="ImageFormatException">The property is not one cell of 0 to 4.</exception>
    public static int SizeCells(this DeviceNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return CellsOf(node, "#size-cells", DefaultSizeCells);
    }

    /// <summary>The entries of <c>reg</c>; empty when the node has none.</summary>
    /// <exception cref="ImageFormatException">The length does not fit the cells that the parent prescribes.</exception>
    public static IReadOnlyList<DeviceRange> Reg(this DeviceNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return node.Property("reg") is { } reg ? Read(node, reg) : [];
    }

    /// <summary>The entries of a property that has the form of <c>reg</c>.</summary>
    /// <exception cref="ImageFormatException">The length does not fit the cells that the parent prescribes.</exception>
    public static IReadOnlyList<DeviceRange> Read(DeviceNode node, DeviceProperty property)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(property);
        int addressCells = node.Parent.AddressCellsOrDefault();
        int sizeCells = node.Parent.SizeCellsOrDefault();
        if (property.Value.IsEmpty)
        {
            return [];
        }

        DeviceRange[] entries = new DeviceRange[CellReader.Count(property, addressCells + sizeCells)];
        CellReader reader = new(property);
        for (int i = 0; i < entries.Length; i++)
        {
            entries[i] = new DeviceRange(reader.Next(addressCells), reader.Next(sizeCells));
        }

        return entries;
    }

    /// <summary>
    /// The windows of the node's bus onto the one above; empty when children and parent share their address space, or
    /// when the node has no <c>ranges</c>.
    /// </summary>
    /// <exception cref="ImageFormatException">The length does not fit the cells of the node and its parent.</exception>
    public static IReadOnlyList<BusWindow> Windows(this DeviceNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        if (node.Property("ranges") is not { Value.IsEmpty: false } ranges)
        {
            return [];
        }

        int child = node.AddressCells();
        int parent = node.Parent.AddressCellsOrDefault();
        int size = node.SizeCells();
        BusWindow[] windows = new BusWindow[CellReader.Count(ranges, child + parent + size)];
        CellReader reader = new(ranges);
        for (int i = 0; i < windows.Length; i++)
        {
            windows[i] = new BusWindow(reader.Next(child), reader.Next(parent), reader.Next(size));
        }

        return windows;
    }

    /// <summary>
    /// Follows a range from the bus that the node is on, up to physical memory. The address is compared as a whole, also
    /// where a bus keeps flags in its first cell.
    /// </summary>
    /// <returns>Null when a bus on the way has no <c>ranges</c>, or no window with the whole range in it.</returns>
    /// <exception cref="ImageFormatException">
    /// A bus on the way is described wrongly, or the range is not one of 64-bit memory.
    /// </exception>
    public static PhysicalRange? ToPhysical(this DeviceNode node, DeviceRange range)
    {
        ArgumentNullException.ThrowIfNull(node);
        for (DeviceNode? bus = node.Parent; bus?.Parent is not null; bus = bus.Parent)
        {
            if (bus.Property("ranges") is not { } ranges)
            {
                return null;
            }

            if (ranges.Value.IsEmpty)
            {
                continue;
            }

            if (Through(bus, ranges, range) is not { } above)
            {
                return null;
            }

            range = above;
        }

        if (range.Address > ulong.MaxValue || range.Size > ulong.MaxValue
            || !PhysicalRange.Fits(new PhysicalAddress((ulong)range.Address), (ulong)range.Size))
        {
            throw node.Fault(ImageError.OutOfRange, $"{node.Path}: {range} is not in 64-bit memory");
        }

        return new PhysicalRange(new PhysicalAddress((ulong)range.Address), (ulong)range.Size);
    }

    internal static int AddressCellsOrDefault(this DeviceNode? node) => node?.AddressCells() ?? DefaultAddressCells;

    internal static int SizeCellsOrDefault(this DeviceNode? node) => node?.SizeCells() ?? DefaultSizeCells;

    private static DeviceRange? Through(DeviceNode bus, DeviceProperty ranges, DeviceRange range)
    {
        foreach (BusWindow window in bus.Windows())
        {
            if (range.Address < window.ChildAddress)
            {
                continue;
            }

            UInt128 into = range.Address - window.ChildAddress;
            if (into > window.Size || range.Size > window.Size - into)
            {
                continue;
            }

            return window.ParentAddress <= UInt128.MaxValue - into
                ? range with { Address = window.ParentAddress + into }
                : throw ranges.Fault(ImageError.OutOfRange, $"{bus.Path}: the window {window} wraps around");
        }

        return null;
    }

    private static int CellsOf(DeviceNode node, string name, int otherwise)
    {
        if (node.Property(name) is not { } property)
        {
            return otherwise;
        }

        return property.U32 is { } cells and <= MostCells
            ? (int)cells
            : throw property.Fault(ImageError.OutOfRange, $"{node.Path}: expected one cell of 0 to {MostCells}");
    }
}
