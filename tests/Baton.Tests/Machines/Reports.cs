using System.Text.Json;
using Baton.Machines;
using Baton.Reports;

namespace Baton.Tests.Machines;

/// <summary>A machine in both of its forms for the outside.</summary>
internal static class Reports
{
    public static string ReportText(Machine machine)
    {
        Report report = MachineReport.Of(machine);
        return string.Join('\n', report.Sections.SelectMany(s => s.Rows).Select(row => string.Join(' ', row)))
            + string.Join('\n', report.Findings);
    }

    public static JsonDocument Json(Machine machine)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            MachineJson.Write(json, machine);
            json.WriteEndObject();
        }

        return JsonDocument.Parse(buffer.ToArray());
    }
}
