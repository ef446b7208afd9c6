using System.Text.Json;
using Baton.Formats;
using Baton.Formats.DeviceTrees;
using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Reports;

/// <summary>A device tree's file as a report for people, and in JSON.</summary>
public static class DeviceTreeReport
{
    /// <summary>Characters of a value that are shown.</summary>
    private const int LongestValue = 200;

    /// <summary>Makes the report.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="fileSize">Bytes of its file.</param>
    /// <exception cref="Baton.Bytes.ImageFormatException">A node of memory is described wrongly.</exception>
    public static Report Of(DeviceTree tree, long fileSize)
    {
        ArgumentNullException.ThrowIfNull(tree);
        (int nodes, int properties) = Count(tree);
        List<ReportSection> sections =
        [
            new ReportSection(
                "Device tree",
                [],
                [
                    ["format", $"device tree, version {tree.Version}"],
                    ["model", Text(tree.Root, "model") ?? "not given"],
                    ["compatible", Compatible(tree) is { Count: > 0 } names ? string.Join(", ", names) : "not given"],
                    ["file size", Sizes.Of((ulong)fileSize)],
                    ["blob size", $"{Sizes.Of(tree.BlobSize)}, {Sizes.Of((ulong)tree.FreeSpace)} of it free"],
                    ["content", $"{nodes} nodes, {properties} properties"],
                ]),
            new ReportSection("Memory", ["range", "size", "kind", "source"], [.. Memory(tree).Select(Row)]),
        ];
        if (tree.Find("/chosen") is { } chosen)
        {
            sections.Add(new ReportSection(
                "Chosen",
                ["property", "value"],
                [.. chosen.Properties.Select(p => (IReadOnlyList<string>)[p.Name, Value(p)])]));
        }

        return new Report(tree.Name, sections, FindingsOf(tree, fileSize));
    }

    /// <summary>Writes the properties of one tree into an object that the caller has started.</summary>
    /// <exception cref="Baton.Bytes.ImageFormatException">A node of memory is described wrongly.</exception>
    public static void WriteJson(Utf8JsonWriter json, DeviceTree tree, long fileSize)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(tree);
        (int nodes, int properties) = Count(tree);
        List<Region> memory = Memory(tree);
        json.WriteString("file", tree.Name);
        json.WriteString("kind", "device-tree");
        json.WriteNumber("version", tree.Version);
        json.WriteString("model", Text(tree.Root, "model"));
        json.WriteStartArray("compatible");
        foreach (string name in Compatible(tree))
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
        json.WriteNumber("file_size", fileSize);
        json.WriteNumber("blob_size", tree.BlobSize);
        json.WriteNumber("free_space", tree.FreeSpace);
        json.WriteNumber("nodes", nodes);
        json.WriteNumber("properties", properties);
        json.WriteStartArray("memory");
        foreach (Region region in memory)
        {
            json.WriteStartObject();
            json.WriteString("start", region.Range is { } range ? range.Start.ToString() : null);
            json.WriteNumber("size", region.Size);
            json.WriteString("kind", region.Kind);
            json.WriteString("source", region.Source);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("chosen");
        foreach (DeviceProperty property in tree.Find("/chosen")?.Properties ?? [])
        {
            json.WriteString(property.Name, Value(property));
        }

        json.WriteEndObject();
        FindingsJson.Write(json, FindingsOf(tree, fileSize));
    }

    private static List<Region> Memory(DeviceTree tree) =>
    [
        .. tree.MemoryBanks().Select(b => new Region(
            b.Range, b.Range.Length, b.Hotpluggable ? "RAM, may be taken away" : "RAM", b.Path)),
        .. tree.Reservations.Select(r => new Region(r, r.Length, "reserved", "memory reservation block")),
        .. tree.ReservedRegions().Select(r => new Region(
            r.Range,
            r.Size,
            (r.NoMap ? "reserved, not to be mapped" : "reserved") + (r.Reusable ? ", lent out" : ""),
            r.Path)),
    ];

    private static IReadOnlyList<string> Row(Region region) =>
        [region.Range?.ToString() ?? "anywhere", Sizes.Of(region.Size), region.Kind, region.Source];

    private static (int Nodes, int Properties) Count(DeviceTree tree) =>
        tree.Root.Subtree().Aggregate((0, 0), (sum, node) => (sum.Item1 + 1, sum.Item2 + node.Properties.Count));

    private static string? Text(DeviceNode node, string name) =>
        node.Property(name) is { } property ? PrintableText.Of(property.Value.Span) : null;

    private static List<string> Compatible(DeviceTree tree) =>
        [.. (tree.Root.Property("compatible")?.Strings ?? []).Select(PrintableText.Of)];

    /// <summary>A value as text when it is text, else as the bytes; seeds are secrets and are not shown.</summary>
    private static string Value(DeviceProperty property)
    {
        if (property.Name is "kaslr-seed" or "rng-seed")
        {
            return $"{property.Value.Length} bytes";
        }

        // U+FFFD stands where bytes are no UTF-8: they are no text that happens to end with a NUL.
        string text = property.Text is { Length: > 0 } printable && !printable.Any(c => char.IsControl(c) || c == '\ufffd')
            ? printable
            : property.Value.IsEmpty ? "" : $"0x{Convert.ToHexStringLower(property.Value.Span)}";
        return text.Length <= LongestValue ? text : $"{text[..LongestValue]}…";
    }

    private static List<Finding> FindingsOf(DeviceTree tree, long fileSize)
    {
        List<Finding> findings = [];
        tree.ReservedRegions(findings);
        if (fileSize > tree.BlobSize)
        {
            findings.Add(new Finding(
                Severity.Note, "trailing-bytes", $"{fileSize - tree.BlobSize} bytes follow the blob in the file."));
        }

        if (tree.Nops > 0)
        {
            findings.Add(new Finding(
                Severity.Note, "fdt-nops", $"There are {tree.Nops} FDT_NOP tokens: something was deleted in place."));
        }

        if (tree.EmptyReservations > 0)
        {
            findings.Add(new Finding(
                Severity.Note,
                "fdt-empty-reservations",
                $"There are {tree.EmptyReservations} memory reservations of no bytes: Linux reads none behind the first."));
        }

        if (tree.Find("/images") is not null && tree.Find("/configurations") is not null)
        {
            findings.Add(new Finding(
                Severity.Note, "fit-image", "This is a FIT image: a device tree that holds kernels and what goes with them."));
        }
        else if (!tree.MemoryNodes().Any())
        {
            findings.Add(new Finding(
                Severity.Note,
                "no-memory-nodes",
                "There is no node of memory: firmware adds them, or passes a memory map of its own."));
        }

        return findings;
    }

    private sealed record Region(PhysicalRange? Range, ulong Size, string Kind, string Source);
}
