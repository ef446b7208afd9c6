using System.Text.Json;
using Baton.Formats.FreeBsd;
using Baton.Handoffs;

namespace Baton.Reports;

/// <summary>FreeBSD kernels and kernel modules as tables and in JSON.</summary>
public static class FreeBsdReport
{
    /// <summary>What only a FreeBSD kernel has, as pairs of a name and a value.</summary>
    public static IEnumerable<IReadOnlyList<string>> Rows(FreeBsdKernelFile kernel)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        yield return ["ident", kernel.Ident ?? "not given"];
        yield return
        [
            "placement",
            !kernel.Relocatable ? "legacy: its first byte at 2 MiB"
            : kernel.Architecture == Architecture.X64 ? "relocatable (kernphys), below 4 GiB"
            : "any multiple of 2 MiB",
        ];
        yield return ["virtual", $"[0x{kernel.Start:x}, 0x{kernel.End:x})"];
        yield return ["symbols", kernel.Symbols is { } symbols ? $"{symbols.Count}" : "none"];
        yield return
        [
            "modules in it",
            $"{kernel.Metadata.Count(m => m.Kind == ModuleMetadataKind.Module)}, "
            + $"{kernel.Metadata.Count(m => m.Kind == ModuleMetadataKind.Version)} with a version",
        ];
    }

    /// <summary>A module's file as a report for people.</summary>
    public static Report Of(FreeBsdModuleFile module)
    {
        ArgumentNullException.ThrowIfNull(module);
        return new Report(
            module.Elf.Source.Name,
            [
                new ReportSection(
                    "Module",
                    [],
                    [
                        ["format", $"FreeBSD kernel module ({TypeOf(module)})"],
                        ["architecture", Words.Of(module.Architecture)],
                        ["file size", $"{module.Elf.Source.Length} bytes"],
                        ["modules", List(module.Modules)],
                        ["versions", List(module.Versions.Select(v => v.ToString()))],
                        ["needs", List(module.Dependencies.Select(d => d.ToString()))],
                    ]),
            ],
            []);
    }

    /// <summary>Writes what only a FreeBSD kernel has, as a property of the image's object.</summary>
    public static void WriteJson(Utf8JsonWriter json, FreeBsdKernelFile kernel)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(kernel);
        json.WriteStartObject("freebsd");
        json.WriteString("ident", kernel.Ident);
        json.WriteBoolean("relocatable", kernel.Relocatable);
        json.WriteString("start", $"0x{kernel.Start:x}");
        json.WriteString("end", $"0x{kernel.End:x}");
        json.WriteBoolean("symbols", kernel.Symbols is not null);
        WriteMetadata(json, kernel.Metadata);
        json.WriteEndObject();
    }

    /// <summary>Writes a module's properties into an object that the caller has started.</summary>
    public static void WriteJson(Utf8JsonWriter json, FreeBsdModuleFile module)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(module);
        json.WriteString("file", module.Elf.Source.Name);
        json.WriteString("kind", "module");
        json.WriteString("format", "FreeBSD kernel module");
        json.WriteString("architecture", Words.Of(module.Architecture));
        json.WriteNumber("file_size", module.Elf.Source.Length);
        WriteMetadata(json, module.Metadata);
    }

    private static void WriteMetadata(Utf8JsonWriter json, IReadOnlyList<ModuleMetadata> metadata)
    {
        json.WriteStartArray("modules");
        foreach (ModuleMetadata module in metadata.Where(m => m.Kind == ModuleMetadataKind.Module))
        {
            json.WriteStringValue(module.Name);
        }

        json.WriteEndArray();
        json.WriteStartObject("versions");
        foreach (ModuleMetadata version in metadata
            .Where(m => m.Kind == ModuleMetadataKind.Version).DistinctBy(m => m.Name))
        {
            json.WriteNumber(version.Name, version.Minimum);
        }

        json.WriteEndObject();
        json.WriteStartArray("depends");
        foreach (ModuleMetadata need in metadata.Where(m => m.Kind == ModuleMetadataKind.Depend))
        {
            json.WriteStartObject();
            json.WriteString("module", need.Name);
            json.WriteNumber("minimum", need.Minimum);
            json.WriteNumber("preferred", need.Preferred);
            json.WriteNumber("maximum", need.Maximum);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string TypeOf(FreeBsdModuleFile module) =>
        module.Architecture == Architecture.X64 ? "elf obj module" : "elf module";

    private static string List(IEnumerable<string> items) =>
        string.Join("; ", items) is { Length: > 0 } text ? text : "none";
}
