using Baton.Bytes;
using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Machines;

/// <summary>
/// /sys/firmware/efi: what the running kernel keeps of its UEFI firmware so that a next kernel can go on using it
/// (Documentation/ABI/testing/sysfs-firmware-efi and sysfs-firmware-efi-runtime-map).
/// </summary>
internal static class EfiReader
{
    public const string Directory = "sys/firmware/efi";

    private const ulong PageSize = 4096;

    /// <summary>Reads the UEFI facts; null where neither the directory nor boot_params tell of such firmware.</summary>
    /// <param name="tree">Where the directory lies.</param>
    /// <param name="bootParams">The running kernel's boot_params; null when they cannot be had.</param>
    /// <param name="systab">The directory's systab file.</param>
    /// <exception cref="ImageFormatException">A file is malformed.</exception>
    public static EfiFirmware? Read(IFileTree tree, RunningBootParams? bootParams, EfiSystab systab)
    {
        bool isThere = tree.List(Directory).Count > 0;
        if (!isThere && bootParams?.EfiBits is null)
        {
            return null;
        }

        int bits = bootParams?.EfiBits ?? 64;
        string sizePath = $"{Directory}/fw_platform_size";
        if (tree.Read(sizePath) is { IsPresent: true } sizeFile)
        {
            TextFile text = TextFile.Of(tree, sizePath, sizeFile);
            ulong found = text.Number("fw_platform_size");
            bits = found is 32 or 64
                ? (int)found
                : throw text.First("fw_platform_size").Fault(
                    ImageError.OutOfRange, "fw_platform_size", $"found {found}, expected 32 or 64");
        }

        return new EfiFirmware
        {
            PlatformBits = bits,
            SystemTable = bootParams?.EfiSystemTable,
            Vendor = Address(tree, "fw_vendor"),
            Runtime = Address(tree, "runtime"),
            ConfigurationTable = Address(tree, "config_table", isMapped: true),
            Smbios = systab.Smbios,
            RuntimeMap = RuntimeMap(tree),
        };
    }

    /// <summary>Why a next kernel cannot use the firmware's runtime services; null when nothing is missing.</summary>
    public static string? Missing(IFileTree tree, EfiFirmware efi, Architecture architecture)
    {
        int kernelBits = architecture == Architecture.X86 ? 32 : 64;
        if (efi.PlatformBits != kernelBits)
        {
            return $"the firmware is {efi.PlatformBits}-bit and the kernel is {kernelBits}-bit";
        }

        IReadOnlyList<string> absent = efi.Unknown;
        if (absent.Count == 0)
        {
            return null;
        }

        bool isDenied = absent.Append($"{Directory}/runtime-map/0/phys_addr")
            .Any(path => tree.Read(path).State == TreeFileState.Denied);
        string names = string.Join(", ", absent.Select(path => "/" + path));
        return isDenied
            ? $"not all of {names} may be read: run as root"
            : $"the running kernel does not tell what belongs in {names} (noefi, efi=noruntime?)";
    }

    /// <param name="tree">The machine's files.</param>
    /// <param name="name">The file's name.</param>
    /// <param name="isMapped">Whether the crossing maps it, for a next kernel that reads there before it maps anything.</param>
    private static PhysicalAddress? Address(IFileTree tree, string name, bool isMapped = false)
    {
        string path = $"{Directory}/{name}";
        TreeFile file = tree.Read(path);
        if (!file.IsPresent)
        {
            return null;
        }

        TextFile text = TextFile.Of(tree, path, file);
        ulong value = text.Number(name);
        return value is 0 or ulong.MaxValue ? null
            : isMapped ? text.First(name).CheckedAddress(value, name)
            : new PhysicalAddress(value);
    }

    private static List<EfiMemoryDescriptor> RuntimeMap(IFileTree tree)
    {
        List<EfiMemoryDescriptor> map = [];
        foreach (string entry in FirmwareMemmap.NumberedNames(tree, $"{Directory}/runtime-map"))
        {
            string path = $"{Directory}/runtime-map/{entry}";
            if (tree.Read($"{path}/phys_addr").State == TreeFileState.Denied)
            {
                return [];
            }

            TextFile typeFile = FirmwareMemmap.Demand(tree, $"{path}/type");
            ulong type = typeFile.Number("type");
            TextFile startFile = FirmwareMemmap.Demand(tree, $"{path}/phys_addr");
            ulong start = startFile.First("phys_addr").CheckedAddress(startFile.Number("phys_addr"), "phys_addr").Value;
            ulong virtualStart = FirmwareMemmap.Demand(tree, $"{path}/virt_addr").Number("virt_addr");
            TextFile pagesFile = FirmwareMemmap.Demand(tree, $"{path}/num_pages");
            ulong pages = pagesFile.Number("num_pages");
            ulong attributes = FirmwareMemmap.Demand(tree, $"{path}/attribute").Number("attribute");
            if (type > uint.MaxValue)
            {
                throw typeFile.First("type").Fault(
                    ImageError.OutOfRange, "type", $"found 0x{type:x}, expected a number of 32 bits");
            }

            if (pages > (PhysicalAddress.Limit.Value - start) / PageSize)
            {
                throw pagesFile.First("num_pages").Fault(
                    ImageError.OutOfRange, "num_pages", $"0x{pages:x} pages from 0x{start:x}, {ImpossibleAddress.Expected}");
            }

            PhysicalRange range = new(new PhysicalAddress(start), pages * PageSize);
            map.Add(new EfiMemoryDescriptor((uint)type, range, virtualStart, attributes));
        }

        return map;
    }
}
