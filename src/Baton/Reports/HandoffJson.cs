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
        json.WriteStartArray("segments");
        foreach (Segment segment in handoff.Segments)
        {
            json.WriteStartObject();
            json.WriteString("name", segment.Name);
            WriteRange(json, segment.Destination);
            json.WriteNumber("content_bytes", segment.Content.Length);
            json.WriteString("reason", segment.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("reservations");
        foreach (Reservation reservation in handoff.Reservations)
        {
            json.WriteStartObject();
            json.WriteString("name", reservation.Name);
            WriteRange(json, reservation.Range);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("copies");
        foreach (MemoryCopy copy in handoff.Copies)
        {
            json.WriteStartObject();
            json.WriteString("name", copy.Name);
            WriteRange(json, copy.From);
            json.WriteString("to", copy.To.ToString());
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("writes");
        foreach (CrossingWrite write in handoff.Writes)
        {
            json.WriteStartObject();
            json.WriteString("name", write.Name);
            WriteRange(json, write.Range);
            json.WriteEndObject();
        }

        json.WriteEndArray();
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

    private static void WriteRange(Utf8JsonWriter json, PhysicalRange range)
    {
        json.WriteString("start", range.Start.ToString());
        json.WriteString("end", range.End.ToString());
        json.WriteNumber("bytes", range.Length);
    }
}
