using Baton.Bytes;
using Baton.Memory;
using Fields = Baton.Formats.BzImage.BootParamsFields;

namespace Baton.Machines;

/// <summary>
/// The setup_data list that the running kernel's loader left behind boot_params (/sys/kernel/boot_params/setup_data;
/// Documentation/ABI/testing/sysfs-kernel-boot_params).
/// </summary>
internal static class RunningSetupData
{
    private const string Directory = "sys/kernel/boot_params/setup_data";

    /// <summary>SETUP_E820_EXT: the entries of the memory map for which boot_params has no room.</summary>
    private const ulong E820Ext = 1;

    /// <summary>The memory map's entries in the list, in its order; none on most machines.</summary>
    /// <exception cref="ImageFormatException">A file is missing, or is not whole entries.</exception>
    public static IReadOnlyList<MemoryRegion> ReadE820(IFileTree tree)
    {
        List<MemoryRegion> regions = [];
        foreach (string number in FirmwareMemmap.NumberedNames(tree, Directory))
        {
            string path = $"{Directory}/{number}";
            if (FirmwareMemmap.Demand(tree, $"{path}/type").Number("type") != E820Ext)
            {
                continue;
            }

            TextFile file = FirmwareMemmap.Demand(tree, $"{path}/data");
            ByteView data = new(file.Bytes.Span, file.Name);
            if (data.Length % Fields.E820EntrySize != 0)
            {
                throw data.Fault(
                    ImageError.Inconsistent,
                    0,
                    "SETUP_E820_EXT",
                    $"found {data.Length} bytes, expected entries of {Fields.E820EntrySize} bytes");
            }

            regions.AddRange(E820Entries.Read(data, 0, data.Length / Fields.E820EntrySize, "setup_data"));
        }

        return regions;
    }
}
