using System.Text.Json;
using Baton.Machines;
using Baton.Memory;

namespace Baton.Reports;

/// <summary>
/// A machine in JSON. Addresses are strings in hexadecimal, since a number of JSON is exact to 53 bits only; sizes are
/// numbers of bytes; what is not known is null.
/// </summary>
public static class MachineJson
{
    /// <summary>Writes the machine's properties into the object that is open.</summary>
    public static void Write(Utf8JsonWriter json, Machine machine)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(machine);
        json.WriteString("source", machine.Source);
        json.WriteString("architecture", MachineReport.ArchitectureName(machine.Architecture));
        json.WriteStartObject("kernel");
        json.WriteString("release", machine.Kernel.Release);
        json.WriteString("version", machine.Kernel.Version);
        json.WriteString("command_line", machine.Kernel.CommandLine);
        json.WriteEndObject();
        WriteProcessor(json, machine);
        json.WriteStartObject("memory");
        json.WriteNumber("total", machine.Totals.Total);
        json.WriteNumber("free", machine.Totals.Free);
        json.WriteNumber("available", machine.Totals.Available);
        WriteMap(json, "firmware", machine.FirmwareMemory);
        WriteMap(json, "running", machine.RunningMemory);
        json.WriteStartArray("usable");
        foreach (PhysicalRange range in machine.Usable)
        {
            json.WriteStartObject();
            WriteRange(json, range);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteString("firmware", machine.Firmware.ToString().ToLowerInvariant());
        WriteEfi(json, machine.Efi);
        WriteAddress(json, "acpi_rsdp", machine.AcpiRsdp);
        json.WriteString("acpi_rsdp_source", machine.AcpiRsdpSource);
        WriteFramebuffer(json, machine.Framebuffer);
        json.WriteStartObject("kexec");
        WriteCall(json, "kexec_load", machine.Kexec.KexecLoad);
        WriteCall(json, "kexec_file_load", machine.Kexec.KexecFileLoad);
        WriteFlag(json, "loaded", machine.Kexec.Loaded);
        WriteFlag(json, "crash_loaded", machine.Kexec.CrashLoaded);
        json.WriteEndObject();
        FindingsJson.Write(json, machine.Findings);
    }

    private static void WriteProcessor(Utf8JsonWriter json, Machine machine)
    {
        ProcessorFacts facts = machine.Processor;
        bool isX86 = MachineReport.IsX86(machine.Architecture);
        json.WriteStartObject("processor");
        json.WriteString("model", facts.Model);
        if (facts.PhysicalBits > 0)
        {
            json.WriteNumber("physical_bits", facts.PhysicalBits);
        }
        else
        {
            json.WriteNull("physical_bits");
        }

        WriteFlag(json, "la57", isX86 ? facts.La57 : null);
        WriteFlag(json, "gigabyte_pages", isX86 ? facts.GigabytePages : null);
        json.WriteEndObject();
    }

    private static void WriteMap(Utf8JsonWriter json, string name, MemoryMap map)
    {
        json.WriteStartArray(name);
        foreach (MemoryRegion region in map)
        {
            json.WriteStartObject();
            WriteRange(json, region.Range);
            json.WriteNumber("type", region.Kind.Type);
            json.WriteString("kind", region.Kind.ToString());
            json.WriteString("label", region.Label);
            json.WriteString("source", region.Source);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteEfi(Utf8JsonWriter json, EfiFirmware? efi)
    {
        if (efi is null)
        {
            json.WriteNull("efi");
            return;
        }

        json.WriteStartObject("efi");
        json.WriteNumber("platform_bits", efi.PlatformBits);
        WriteAddress(json, "system_table", efi.SystemTable);
        WriteAddress(json, "fw_vendor", efi.Vendor);
        WriteAddress(json, "runtime", efi.Runtime);
        WriteAddress(json, "config_table", efi.ConfigurationTable);
        WriteAddress(json, "smbios", efi.Smbios);
        json.WriteStartArray("runtime_map");
        foreach (EfiMemoryDescriptor entry in efi.RuntimeMap)
        {
            json.WriteStartObject();
            WriteRange(json, entry.Range);
            json.WriteNumber("type", entry.Type);
            json.WriteString("virt_addr", $"0x{entry.VirtualStart:x}");
            json.WriteString("attribute", $"0x{entry.Attributes:x}");
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteFramebuffer(Utf8JsonWriter json, Framebuffer? screen)
    {
        if (screen is null)
        {
            json.WriteNull("framebuffer");
            return;
        }

        json.WriteStartObject("framebuffer");
        WriteRange(json, screen.Range);
        json.WriteNumber("video_type", screen.VideoType);
        json.WriteNumber("width", screen.Width);
        json.WriteNumber("height", screen.Height);
        json.WriteNumber("depth", screen.Depth);
        json.WriteNumber("stride", screen.Stride);
        json.WriteString("driver", screen.Driver);
        json.WriteEndObject();
    }

    private static void WriteCall(Utf8JsonWriter json, string name, KexecCall call)
    {
        json.WriteStartObject(name);
        WriteFlag(json, "allowed", call.Allowed);
        json.WriteStartArray("reasons");
        foreach (string reason in call.Reasons)
        {
            json.WriteStringValue(reason);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteRange(Utf8JsonWriter json, PhysicalRange range)
    {
        json.WriteString("start", $"{range.Start}");
        json.WriteString("end", $"{range.End}");
        json.WriteNumber("bytes", range.Length);
    }

    private static void WriteAddress(Utf8JsonWriter json, string name, PhysicalAddress? address)
    {
        if (address is { } at)
        {
            json.WriteString(name, $"{at}");
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static void WriteFlag(Utf8JsonWriter json, string name, bool? value)
    {
        if (value is { } known)
        {
            json.WriteBoolean(name, known);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
