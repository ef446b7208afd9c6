using System.Text.Json;
using Baton.Bytes;
using Baton.Formats.Compression;
using Baton.Formats.Initramfs;

namespace Baton.Reports;

/// <summary>An initrd file as a report for people, and in JSON.</summary>
public static class InitrdReport
{
    /// <summary>Makes the report.</summary>
    public static Report Of(InitrdFile initrd)
    {
        ArgumentNullException.ThrowIfNull(initrd);
        List<IReadOnlyList<string>> rows =
        [
            ["format", "initrd"],
            ["file size", Sizes.Of((ulong)initrd.Source.Length)],
            ["unpacked", Unpacked(initrd.UnpackedSizeEstimate, "about ")],
        ];
        ReportSection archives = new(
            "Archives",
            ["offset", "size", "compression", "unpacked", "entries", "content"],
            [.. initrd.Archives.Select(archive => (IReadOnlyList<string>)
            [
                $"0x{archive.Offset:x}",
                Sizes.Of((ulong)archive.Length),
                CompressionProbe.NameOf(archive.Compression),
                Unpacked(archive.Unpacked, ""),
                archive.Entries is { } entries ? $"{entries}" : "-",
                archive.HasMicrocode ? "microcode" : "",
            ])]);
        return new Report(initrd.Source.Name, [new ReportSection("Image", [], rows), archives], initrd.Findings);
    }

    /// <summary>Writes the properties of one image into an object that the caller has started.</summary>
    public static void WriteJson(Utf8JsonWriter json, InitrdFile initrd)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(initrd);
        json.WriteString("file", initrd.Source.Name);
        json.WriteString("kind", "initrd");
        json.WriteNumber("file_size", initrd.Source.Length);
        WriteUnpacked(json, initrd.UnpackedSizeEstimate);
        json.WriteStartArray("archives");
        foreach (InitrdArchive archive in initrd.Archives)
        {
            json.WriteStartObject();
            json.WriteNumber("offset", archive.Offset);
            json.WriteNumber("size", archive.Length);
            json.WriteString("compression", CompressionProbe.NameOf(archive.Compression));
            WriteUnpacked(json, archive.Unpacked);
            json.WriteBoolean("unpacked_size_is_exact", archive.Unpacked?.IsExact ?? false);
            WriteNumber(json, "entries", (ulong?)archive.Entries);
            json.WriteBoolean("microcode", archive.HasMicrocode);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        FindingsJson.Write(json, initrd.Findings);
    }

    private static string Unpacked(UnpackedSize? size, string exact) => size switch
    {
        null => "not known",
        { Bound: SizeBound.AtMost } bound => $"at most {Sizes.Of((ulong)bound.Bytes)}",
        { Bound: SizeBound.AtLeast } bound => $"at least {Sizes.Of((ulong)bound.Bytes)}",
        { } known => exact + Sizes.Of((ulong)known.Bytes),
    };

    private static void WriteUnpacked(Utf8JsonWriter json, UnpackedSize? size)
    {
        WriteNumber(json, "unpacked_size", (ulong?)size?.Bytes);
        json.WriteString("unpacked_size_bound", size?.Bound switch
        {
            null => null,
            SizeBound.AtMost => "at most",
            SizeBound.AtLeast => "at least",
            _ => "exact",
        });
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, ulong? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
