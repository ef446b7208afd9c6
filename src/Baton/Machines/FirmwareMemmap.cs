using System.Globalization;
using Baton.Bytes;
using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Machines;

/// <summary>
/// /sys/firmware/memmap: the firmware's e820 table as it was before the running kernel changed anything in it
/// (Documentation/ABI/testing/sysfs-firmware-memmap).
/// </summary>
public static class FirmwareMemmap
{
    /// <summary>The directory, as a path of a file tree.</summary>
    public const string Directory = "sys/firmware/memmap";

    /// <summary>Reads all entries in the order of their numbers.</summary>
    /// <param name="tree">Where the directory lies.</param>
    /// <param name="findings">Gets a note for each type that has no number here.</param>
    /// <returns>The regions; none where the directory is missing.</returns>
    /// <exception cref="ImageFormatException">An entry is incomplete or malformed.</exception>
    public static IReadOnlyList<MemoryRegion> Read(IFileTree tree, ICollection<Finding> findings)
    {
        ArgumentNullException.ThrowIfNull(tree);
        ArgumentNullException.ThrowIfNull(findings);
        List<MemoryRegion> regions = [];
        foreach (string entry in NumberedNames(tree, Directory))
        {
            string path = $"{Directory}/{entry}";
            ulong start = Demand(tree, $"{path}/start").Number("start");
            TextFile endFile = Demand(tree, $"{path}/end");
            ulong end = endFile.Number("end");
            string type = Demand(tree, $"{path}/type").First("type").Text.Trim();

            // An entry of no bytes has its end right below its start.
            if (start > 0 && end == start - 1)
            {
                continue;
            }

            if (end < start)
            {
                throw endFile.First("end").Fault(
                    ImageError.OutOfRange, "end", $"the end 0x{end:x} is below the start 0x{start:x}");
            }

            PhysicalRange range = PhysicalRange.FromInclusive(start, end);
            MemoryKind? kind = IoMem.NamedKind(type);
            if (kind is null)
            {
                findings.Add(new Finding(
                    Severity.Note,
                    "firmware-memory-type",
                    $"the firmware's map calls {range} {TextLine.Show(type)}, a type that is not known here: it is "
                        + "treated as Reserved"));
            }

            MemoryRegion region = new(range, kind ?? MemoryKind.Reserved, "firmware memmap")
            {
                Label = kind is null ? type : "",
            };
            regions.Add(region.IsImpossible
                ? throw endFile.First("end").Fault(ImageError.OutOfRange, "end", $"{type} {range}, {ImpossibleAddress.Expected}")
                : region);
        }

        return regions;
    }

    /// <summary>The names in a directory that are numbers, in numeric order: 2 before 10.</summary>
    internal static IEnumerable<string> NumberedNames(IFileTree tree, string directory) =>
        tree.List(directory)
            .Select(name => (Name: name, IsNumber: uint.TryParse(
                name, NumberStyles.None, CultureInfo.InvariantCulture, out uint number), Number: number))
            .Where(item => item.IsNumber)
            .OrderBy(item => item.Number)
            .Select(item => item.Name);

    /// <summary>Reads a file that has to be there.</summary>
    /// <exception cref="ImageFormatException"><see cref="ImageError.Missing"/>: absent or denied.</exception>
    internal static TextFile Demand(IFileTree tree, string path)
    {
        TreeFile file = tree.Read(path);
        TextFile text = TextFile.Of(tree, path, file);
        return file.IsPresent
            ? text
            : throw new ImageFormatException(
                ImageError.Missing,
                new ImageLocation(text.Name, 1, Path.GetFileName(path)) { IsLine = true },
                file.State == TreeFileState.Denied ? "the file may not be read" : "there is no such file");
    }
}
