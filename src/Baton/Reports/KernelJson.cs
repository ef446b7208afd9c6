using System.Text.Json;
using Baton.Formats;
using Baton.Formats.BzImage;
using Baton.Formats.Compression;
using Baton.Formats.Elf;
using Baton.Formats.Pe;
using Baton.Formats.Zboot;

namespace Baton.Reports;

/// <summary>
/// A kernel's file in JSON. Addresses and fields are hexadecimal strings, because JSON's readers round numbers above
/// 2^53; sizes are numbers of bytes. The payload's offset counts from the file that is named, also where the kernel is a
/// section of it, and is null where the kernel was unpacked. Those of headers are as the headers have them.
/// </summary>
public static class KernelJson
{
    /// <summary>Writes the properties of one image into an object that the caller has started.</summary>
    public static void Write(Utf8JsonWriter json, KernelImage kernel)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(kernel);
        json.WriteString("file", kernel.Source.Name);
        json.WriteString("kind", "kernel");
        json.WriteString("format", kernel.Format);
        WriteWrappings(json, kernel.Wrappings);
        json.WriteString("architecture", Words.Of(kernel.Architecture));
        json.WriteString("version", kernel.Version);
        json.WriteString("boot_protocol", kernel.ProtocolVersion);
        json.WriteNumber("file_size", kernel.Source.Length);
        WriteLoading(json, kernel);
        if (kernel.Payload is { } payload)
        {
            json.WriteStartObject("payload");
            json.WriteString("compression", CompressionProbe.NameOf(payload.Compression));
            if (PayloadPlace.Of(payload, kernel) is { } offset)
            {
                json.WriteNumber("offset", offset);
            }
            else
            {
                json.WriteNull("offset");
            }

            json.WriteNumber("size", payload.Length);
            json.WriteNumber("unpacked_size", payload.UnpackedSize);
            json.WriteEndObject();
        }

        if (kernel.CommandLineLimit is { } limit)
        {
            json.WriteNumber("command_line_limit", limit);
        }

        json.WriteStartArray("flags");
        foreach (string flag in kernel.Flags)
        {
            json.WriteStringValue(flag);
        }

        json.WriteEndArray();
        if (kernel.BzImage is { } bzImage)
        {
            WriteSetupHeader(json, bzImage.Header);
        }

        if (kernel.Arm64Image is { } arm64)
        {
            Arm64ImageReport.WriteJson(json, arm64.Header);
        }

        if (kernel.Uki is { } uki)
        {
            UkiReport.WriteJson(json, uki);
        }

        if (kernel.Elf is { } elf)
        {
            WriteElf(json, elf);
        }

        if (kernel.FreeBsd is { } freeBsd)
        {
            FreeBsdReport.WriteJson(json, freeBsd);
        }

        FindingsJson.Write(json, kernel.Findings);
    }

    private static void WriteWrappings(Utf8JsonWriter json, IReadOnlyList<KernelWrapping> wrappings)
    {
        json.WriteStartArray("wrappings");
        foreach (KernelWrapping wrapping in wrappings)
        {
            json.WriteStartObject();
            json.WriteString("format", wrapping.Details switch
            {
                UkiFile => "UKI",
                ZbootFile => "EFI zboot",
                ElfFile => "ELF64",
                _ => "compressed",
            });
            json.WriteString("compression", CompressionProbe.NameOf(wrapping.Compression));
            json.WriteNumber("size", wrapping.Source.Length);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteLoading(Utf8JsonWriter json, KernelImage kernel)
    {
        json.WriteStartArray("entry_points");
        foreach (KernelEntry entry in kernel.EntryPoints)
        {
            json.WriteStartObject();
            json.WriteString("name", entry.Name);
            json.WriteString(entry.IsOffset ? "offset" : "address", $"0x{entry.Value:x}");
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("load");
        json.WriteString("preferred_address", kernel.Rules.PreferredAddress?.ToString());
        json.WriteString("offset", $"0x{kernel.Rules.Offset:x}");
        json.WriteBoolean("relocatable", kernel.Rules.Relocatable);
        json.WriteNumber("alignment", kernel.Rules.Alignment);
        json.WriteNumber("min_alignment", kernel.Rules.MinAlignment);
        json.WriteString("min", kernel.Rules.Min.ToString());
        json.WriteString("max", kernel.Rules.Max.ToString());
        json.WriteNumber("loaded_size", kernel.LoadedLength);
        json.WriteNumber("memory_size", kernel.MemorySize);
        json.WriteEndObject();
    }

    private static void WriteSetupHeader(Utf8JsonWriter json, BzImageHeader header)
    {
        json.WriteStartObject("setup_header");
        foreach (DeclaredField field in SetupFields.All)
        {
            json.WriteString(field.Name, SetupHeaderReport.Value(field, header) is { } value ? $"0x{value:x}" : null);
        }

        json.WriteEndObject();
    }

    private static void WriteElf(Utf8JsonWriter json, ElfFile elf)
    {
        json.WriteStartArray("segments");
        foreach (ElfSegment segment in elf.Segments)
        {
            json.WriteStartObject();
            json.WriteString("type", segment.Type.ToString());
            json.WriteString("flags", segment.Flags.ToString());
            json.WriteString("physical_address", $"0x{segment.PhysicalAddress:x}");
            json.WriteString("virtual_address", $"0x{segment.VirtualAddress:x}");
            json.WriteNumber("offset", segment.Offset);
            json.WriteNumber("file_size", segment.FileSize);
            json.WriteNumber("memory_size", segment.MemorySize);
            json.WriteNumber("alignment", segment.Alignment);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("notes");
        foreach (ElfNote note in elf.Notes)
        {
            json.WriteStartObject();
            json.WriteString("name", note.Name);
            json.WriteNumber("type", note.Type);
            json.WriteString("content", Convert.ToHexStringLower(note.Description.Span));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
