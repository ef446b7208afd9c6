using System.Text.Json;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;

namespace Baton.Reports;

/// <summary>A plan in JSON. Addresses are strings in hexadecimal, sizes are numbers of bytes.</summary>
public static class HandoffJson
{
    /// <summary>Writes the properties of a plan into the object that is open.</summary>
    public static void Write(Utf8JsonWriter json, Handoff handoff)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(handoff);
        json.WriteString("protocol", handoff.Protocol);
        json.WriteString("entry", handoff.Entry.ToString());
        json.WriteString("kernel_entry", handoff.KernelEntry.ToString());
        json.WriteString("command_line", handoff.CommandLine);
        json.WriteNumber("loaded_bytes", handoff.LoadedBytes);
        WriteAll(json, "segments", handoff.Segments, segment =>
        {
            WriteNamed(json, segment.Name, segment.Destination);
            json.WriteNumber("content_bytes", segment.Content.Length);
            json.WriteString("reason", segment.Reason);
        });
        WriteAll(
            json, "reservations", handoff.Reservations, reservation => WriteNamed(json, reservation.Name, reservation.Range));
        WriteAll(json, "copies", handoff.Copies, copy =>
        {
            WriteNamed(json, copy.Name, copy.From);
            json.WriteString("to", copy.To.ToString());
        });
        WriteAll(json, "writes", handoff.Writes, write => WriteNamed(json, write.Name, write.Range));
        WriteMap(json, "memory_next", handoff.NextMemory);
    }

    /// <summary>Writes the property <c>carrier</c>.</summary>
    public static void WriteCarrier(Utf8JsonWriter json, CarrierDecision decision)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(decision);
        json.WriteStartObject("carrier");
        json.WriteString("name", CarrierChoice.NameOf(decision.Carrier));
        json.WriteString("reason", decision.Reason);
        json.WriteStartArray("obstacles");
        foreach (string obstacle in decision.Obstacles)
        {
            json.WriteStringValue(obstacle);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Writes a memory map as an array.</summary>
    public static void WriteMap(Utf8JsonWriter json, string name, MemoryMap map)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(map);
        json.WriteStartArray(name);
        foreach (MemoryRegion region in map)
        {
            json.WriteStartObject();
            WriteRange(json, region.Range);
            json.WriteNumber("type", region.Kind.Type);
            json.WriteString("kind", region.Kind.ToString());
            json.WriteString("source", region.Source);
            if (region.Label.Length > 0)
            {
                json.WriteString("label", region.Label);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>An array of objects.</summary>
    private static void WriteAll<T>(Utf8JsonWriter json, string name, IReadOnlyList<T> items, Action<T> write)
    {
        json.WriteStartArray(name);
        foreach (T item in items)
        {
            json.WriteStartObject();
            write(item);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteNamed(Utf8JsonWriter json, string name, PhysicalRange range)
    {
        json.WriteString("name", name);
        WriteRange(json, range);
    }

    private static void WriteRange(Utf8JsonWriter json, PhysicalRange range)
    {
        json.WriteString("start", range.Start.ToString());
        json.WriteString("end", range.End.ToString());
        json.WriteNumber("bytes", range.Length);
    }
}
