using Baton.Bytes;
using Baton.Formats.DeviceTrees;
using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Machines;

/// <summary>
/// The device tree that the running kernel was given (/sys/firmware/fdt), and what it says of memory and firmware. On a
/// UEFI machine it has no memory of its own: <c>linux,uefi-…</c> in /chosen lead to the firmware's map
/// (Linux, Documentation/arch/arm/uefi.rst).
/// </summary>
public static class RunningDeviceTree
{
    /// <summary>Where the kernel shows it; root alone may read it.</summary>
    public const string Path = "sys/firmware/fdt";

    /// <summary>What the names of the properties begin with by which a kernel finds UEFI.</summary>
    public const string UefiPrefix = "linux,uefi-";

    /// <summary>The property of /chosen with the physical address of the EFI system table.</summary>
    public const string UefiSystemTable = "linux,uefi-system-table";

    /// <summary>The property of /chosen with the physical address of the EFI memory map.</summary>
    public const string UefiMapStart = "linux,uefi-mmap-start";

    /// <summary>The property of /chosen with the size of the EFI memory map in bytes.</summary>
    public const string UefiMapSize = "linux,uefi-mmap-size";

    /// <summary>The property of /chosen with the bytes from one descriptor of the EFI memory map to the next.</summary>
    public const string UefiDescriptorSize = "linux,uefi-mmap-desc-size";

    /// <summary>The property of /chosen with the version of these descriptors.</summary>
    public const string UefiDescriptorVersion = "linux,uefi-mmap-desc-ver";

    private const string Source = "fdt";
    private const ulong PageSize = 4096;

    /// <summary>Where a tree can lie (Linux, Documentation/arch/arm64/booting.rst).</summary>
    private const ulong TreeAlignment = 8;

    /// <summary>Reads a machine's tree, anew each time: whoever gets it may edit it.</summary>
    /// <returns>Null when the machine shows none.</returns>
    /// <exception cref="ImageFormatException">The blob is malformed.</exception>
    public static DeviceTree? Of(Machine machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        return Parse(machine.Fdt, machine.Source);
    }

    /// <summary>Whether the tree leads to the EFI memory map.</summary>
    public static bool HasUefiMap(this DeviceTree tree)
    {
        ArgumentNullException.ThrowIfNull(tree);
        return Chosen(tree, UefiMapStart) is not null && Chosen(tree, UefiSystemTable) is not null;
    }

    /// <summary>
    /// Whether there is a GICv3 that takes message-signalled interrupts (LPIs): their tables lie in memory that the running
    /// kernel has found for them. With UEFI they are in a list among the firmware's tables, and reserved.
    /// </summary>
    public static bool HasInterruptTables(this DeviceTree tree)
    {
        ArgumentNullException.ThrowIfNull(tree);
        return tree.Root.Subtree().Any(node => node.IsCompatible("arm,gic-v3-its") && node.IsAvailable);
    }

    internal static DeviceTree? Read(IFileTree files) => Parse(files.Read(Path).Bytes, files.Name);

    /// <summary>The EFI system table's address; null when the tree has none.</summary>
    internal static PhysicalAddress? SystemTable(DeviceTree? tree) =>
        tree is not null && Chosen(tree, UefiSystemTable) is { } address ? new PhysicalAddress(address) : null;

    /// <summary>
    /// Where the firmware's whole memory map lies, in memory that the kernel has reserved; null when the tree does not say.
    /// </summary>
    internal static EfiMapPlace? MapPlace(DeviceTree? tree) =>
        tree is not null && Chosen(tree, UefiMapStart) is { } start && Chosen(tree, UefiMapSize) is { } size and > 0
            && Chosen(tree, UefiDescriptorSize) is { } stride and > 0 and <= uint.MaxValue
            && Chosen(tree, UefiDescriptorVersion) is { } version and <= uint.MaxValue
            && PhysicalRange.Fits(new PhysicalAddress(start), size)
            ? new EfiMapPlace(new PhysicalRange(new PhysicalAddress(start), size), (uint)stride, (uint)version)
            : null;

    /// <summary>
    /// Memory by the tree's memory nodes, and what it reserves; without memory nodes what it reserves of
    /// <paramref name="otherwise"/>. What it reserves for the running kernel alone does not count.
    /// </summary>
    /// <exception cref="ImageFormatException">A memory node's <c>reg</c> is broken, or where the EFI memory map is.</exception>
    internal static MemoryMap Memory(DeviceTree tree, MemoryMap otherwise, List<Finding> findings)
    {
        IReadOnlyList<MemoryBank> banks = tree.MemoryBanks();
        IEnumerable<MemoryRegion> ram = banks.Count == 0 ? otherwise : banks.Select(bank => new MemoryRegion(
            bank.Range, bank.Hotpluggable ? MemoryKind.SoftReserved : MemoryKind.Ram, Source) { Label = bank.Path });
        return MemoryMap.Of(
        [
            .. ram,
            .. tree.ReservedRegions(findings).Where(region => region.Range is not null).Select(region =>
                new MemoryRegion(region.Range!.Value, MemoryKind.Reserved, Source) { Label = region.Path }),
            .. LastingReservations(tree).Select(range =>
                new MemoryRegion(range, MemoryKind.Reserved, Source) { Label = "memreserve" }),
            .. Firmware(tree).Select(range =>
                new MemoryRegion(range, MemoryKind.Reserved, Source) { Label = UefiMapStart }),
        ]);
    }

    /// <summary>
    /// The memory reservation block without what is for the running kernel alone: its initrd, and the tree itself. No file tells
    /// where a tree lies: it is the one entry that is as long as the tree and at a multiple of 8. Where several are, all stay: a
    /// stale one costs little, a lost one may be the firmware's.
    /// </summary>
    public static IEnumerable<PhysicalRange> LastingReservations(DeviceTree tree)
    {
        ArgumentNullException.ThrowIfNull(tree);
        PhysicalRange? initrd = Initrd(tree);
        PhysicalRange[] like = [.. tree.Reservations
            .Where(range => range.Length == tree.BlobSize && range.Start.IsAligned(TreeAlignment)).Distinct()];
        PhysicalRange? own = like is [PhysicalRange only] ? only : null;
        return tree.Reservations.Where(range => range != initrd && range != own);
    }

    /// <summary>The running kernel's initrd by /chosen; null when there is none.</summary>
    public static PhysicalRange? Initrd(DeviceTree tree)
    {
        ArgumentNullException.ThrowIfNull(tree);
        return Chosen(tree, "linux,initrd-start") is { } start && Chosen(tree, "linux,initrd-end") is { } end && end > start
            ? PhysicalRange.Between(new PhysicalAddress(start), new PhysicalAddress(end))
            : null;
    }

    /// <summary>The EFI memory map and system table: the next kernel reads both.</summary>
    private static IEnumerable<PhysicalRange> Firmware(DeviceTree tree)
    {
        if (Chosen(tree, UefiMapStart) is not { } start || Chosen(tree, UefiMapSize) is not ({ } size and > 0))
        {
            yield break;
        }

        if (size > ulong.MaxValue - PageSize || !PhysicalRange.Fits(new PhysicalAddress(start), size + PageSize))
        {
            throw tree.Root.Child("chosen")!.Property(UefiMapSize)!.Fault(
                ImageError.OutOfRange, $"0x{size:x} bytes from 0x{start:x} are not in 64-bit memory");
        }

        yield return new PhysicalRange(new PhysicalAddress(start), size).GrowTo(PageSize);
    }

    private static ulong? Chosen(DeviceTree tree, string property) => tree.Root.Child("chosen")?.Property(property)?.Number;

    private static DeviceTree? Parse(ReadOnlyMemory<byte> blob, string machine) =>
        blob.IsEmpty ? null : DeviceTree.Parse(blob, $"{machine}: {Path}");
}
