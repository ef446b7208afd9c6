using Baton.Formats;
using Baton.Formats.Compression;
using Baton.Formats.Elf;
using Baton.Formats.Zboot;
using Baton.Memory;

namespace Baton.Reports;

/// <summary>A kernel's file as a report for people.</summary>
public static class KernelReport
{
    /// <summary>Makes the report.</summary>
    public static Report Of(KernelImage kernel)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        List<ReportSection> sections = [Image(kernel), Loading(kernel)];
        if (kernel.Uki is { } uki)
        {
            sections.Add(UkiReport.Section(uki));
        }

        if (kernel.Arm64Image is { } arm64)
        {
            sections.Add(Arm64ImageReport.Section(arm64.Header));
        }

        if (kernel.BzImage is { } bzImage)
        {
            sections.Add(SetupHeaderReport.Section(bzImage.Header));
        }

        if (kernel.Elf is { } elf)
        {
            sections.Add(Segments(elf));
            if (elf.Notes.Count > 0)
            {
                sections.Add(Notes(elf));
            }
        }

        return new Report(kernel.Source.Name, sections, kernel.Findings);
    }

    private static ReportSection Image(KernelImage kernel)
    {
        List<IReadOnlyList<string>> rows =
        [
            ["format", kernel.ProtocolVersion is { } p ? $"{kernel.FormatText}, boot protocol {p}" : kernel.FormatText],
            ["architecture", Words.Of(kernel.Architecture)],
            ["version", kernel.Version ?? "not given"],
            ["file size", Bytes((ulong)kernel.Source.Length)],
        ];
        rows.AddRange(kernel.Wrappings.Where(w => w.Compression != CompressionKind.None).Select(w => Packed(w, kernel)));
        if (kernel.Uki is { } uki)
        {
            rows.AddRange(UkiReport.Rows(uki));
        }

        if (kernel.Payload is { } payload)
        {
            rows.Add(
            [
                "payload",
                $"{CompressionProbe.NameOf(payload.Compression)}, {Bytes((ulong)payload.Length)}"
                + $"{PayloadPlace.InWords(PayloadPlace.Of(payload, kernel))}, unpacks to {Bytes(payload.UnpackedSize)}",
            ]);
        }

        rows.Add(["command line", kernel.CommandLineLimit is { } limit ? $"at most {limit} bytes" : "no limit given"]);
        if (kernel.Flags.Count > 0)
        {
            rows.Add(["flags", string.Join(", ", kernel.Flags)]);
        }

        if (kernel.FreeBsd is { } freeBsd)
        {
            rows.AddRange(FreeBsdReport.Rows(freeBsd));
        }

        return new ReportSection("Image", [], rows);
    }

    private static IReadOnlyList<string> Packed(KernelWrapping wrapping, KernelImage kernel) =>
        wrapping.Details is ZbootFile zboot
            ?
            [
                "payload",
                $"{CompressionProbe.NameOf(zboot.Compression)}, {Bytes((ulong)zboot.Payload.Length)}"
                + $"{PayloadPlace.InWords(PayloadPlace.Of(zboot, kernel))}, unpacks to {Bytes(zboot.UnpackedSize)}",
            ]
            : ["packed", $"{CompressionProbe.NameOf(wrapping.Compression)}, {Bytes((ulong)wrapping.Source.Length)}"];

    private static ReportSection Loading(KernelImage kernel)
    {
        LoadRules rules = kernel.Rules;
        List<IReadOnlyList<string>> rows =
        [
            .. kernel.EntryPoints.Select((entry, i) =>
                (IReadOnlyList<string>)[i == 0 ? "entry points" : "", entry.ToString()]),
            ["preferred address", rules.PreferredAddress?.ToString() ?? Preference(kernel)],
            ["relocatable", rules.Relocatable ? $"yes, {Offset(rules)}aligned to {Alignments(rules)}" : "no"],
        ];
        if (rules.Relocatable)
        {
            rows.Add(["allowed", rules.Max == new PhysicalAddress(ulong.MaxValue)
                ? $"from {rules.Min}, also above 4 GiB"
                : $"from {rules.Min}, below {rules.Max}"]);
        }

        rows.Add(["loaded from the file", Bytes((ulong)kernel.LoadedLength)]);
        rows.Add(["needed in memory", Bytes(kernel.MemorySize)]);
        return new ReportSection("Loading", [], rows);
    }

    private static string Preference(KernelImage kernel) =>
        kernel.Arm64Image is { Header.Anywhere: false } ? "as low in memory as possible" : "none";

    private static string Offset(LoadRules rules) =>
        rules.Offset == 0 ? "" : $"0x{rules.Offset:x} above an address ";

    private static string Alignments(LoadRules rules) =>
        rules.MinAlignment == rules.Alignment
            ? Sizes.Of(rules.Alignment)
            : $"{Sizes.Of(rules.Alignment)} (at least {Sizes.Of(rules.MinAlignment)})";

    private static ReportSection Segments(ElfFile elf) => new(
        "Segments",
        ["type", "physical", "virtual", "offset", "in the file", "in memory", "flags"],
        [.. elf.Segments.Select(s => (IReadOnlyList<string>)
        [
            s.Type.ToString(),
            $"0x{s.PhysicalAddress:x}",
            $"0x{s.VirtualAddress:x}",
            $"0x{s.Offset:x}",
            $"0x{s.FileSize:x}",
            $"0x{s.MemorySize:x}",
            s.Flags.ToString(),
        ])]);

    private static ReportSection Notes(ElfFile elf) => new(
        "Notes",
        ["name", "type", "content"],
        [.. elf.Notes.Select(n => (IReadOnlyList<string>)
        [
            n.Name,
            $"{n.Type}",
            Convert.ToHexStringLower(n.Description.Span[..Math.Min(32, n.Description.Length)]),
        ])]);

    private static string Bytes(ulong bytes) =>
        bytes < 1024 ? $"{bytes} bytes" : $"{bytes} bytes ({Sizes.Of(bytes)})";
}
