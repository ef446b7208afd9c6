using System.Text.Json;
using Baton.Bytes;
using Baton.Formats;
using Baton.Formats.Arm64Image;

namespace Baton.Reports;

/// <summary>The header of an arm64 kernel as a table and in JSON: every field by its name.</summary>
public static class Arm64ImageReport
{
    /// <summary>The table: field, offset, value, meaning.</summary>
    public static ReportSection Section(Arm64ImageHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        return new ReportSection(
            "Image header",
            ["field", "offset", "value", "meaning"],
            [.. Arm64ImageFields.All.Select(field => (IReadOnlyList<string>)
            [
                field.Name,
                $"0x{field.Offset:x2}",
                $"0x{Value(field, header).ToString($"x{field.Size * 2}", null)}",
                Meaning(field, header),
            ])]);
    }

    /// <summary>Writes the fields as a property of the image's object.</summary>
    public static void WriteJson(Utf8JsonWriter json, Arm64ImageHeader header)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(header);
        json.WriteStartObject("image_header");
        foreach (DeclaredField field in Arm64ImageFields.All)
        {
            json.WriteString(field.Name, $"0x{Value(field, header):x}");
        }

        json.WriteEndObject();
    }

    private static ulong Value(DeclaredField field, Arm64ImageHeader header) =>
        field.Read(new ByteView(header.Bytes.Span, "image_header"));

    private static string Meaning(DeclaredField field, Arm64ImageHeader header) => field.Name switch
    {
        "code0" => header.PeOffset != 0 ? "an instruction that reads as MZ" : "the first instruction",
        "text_offset" => header.ImageSize == 0
            ? $"taken to be 0x{header.TextOffset:x}: image_size is 0"
            : "above a multiple of 2 MiB",
        "image_size" => header.ImageSize == 0 ? "not given" : $"{Sizes.Of(header.ImageSize)} used before the memory map is read",
        "flags" => string.Join(", ", Arm64ImageFlags.NamesOf(header)),
        "magic" => "ARM\\x64",
        "res5" => header.PeOffset == 0 ? "no PE header" : "offset of the PE header",
        _ => "",
    };
}
