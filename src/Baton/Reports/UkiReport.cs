using System.Text.Json;
using Baton.Formats.Pe;

namespace Baton.Reports;

/// <summary>What a unified kernel image carries, as tables and in JSON.</summary>
public static class UkiReport
{
    /// <summary>What the image's first table says of it.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Rows(UkiFile uki)
    {
        ArgumentNullException.ThrowIfNull(uki);
        return
        [
            ["of the system", uki.PrettyName ?? "not given"],
            ["uname", uki.Uname ?? "not given"],
            ["own command line", uki.CommandLine ?? "none"],
        ];
    }

    /// <summary>The sections, in the order of the file.</summary>
    public static ReportSection Section(UkiFile uki)
    {
        ArgumentNullException.ThrowIfNull(uki);
        return new ReportSection(
            "UKI sections",
            ["section", "profile", "offset", "size"],
            [.. uki.Sections.Select(s => (IReadOnlyList<string>)
            [
                s.Name,
                s.Profile is { } profile ? $"{profile}" : "",
                $"0x{s.Offset:x}",
                Sizes.Of((ulong)s.Length),
            ])]);
    }

    /// <summary>Writes the property <c>uki</c> into the image's object.</summary>
    public static void WriteJson(Utf8JsonWriter json, UkiFile uki)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(uki);
        json.WriteStartObject("uki");
        json.WriteString("os", uki.PrettyName);
        json.WriteString("uname", uki.Uname);
        json.WriteString("command_line", uki.CommandLine);
        json.WriteStartArray("sections");
        foreach (UkiSection section in uki.Sections)
        {
            json.WriteStartObject();
            json.WriteString("name", section.Name);
            if (section.Profile is { } profile)
            {
                json.WriteNumber("profile", profile);
            }

            json.WriteNumber("offset", section.Offset);
            json.WriteNumber("size", section.Length);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
