using System.Text.Json;
using Baton.Handoffs;

namespace Baton.Reports;

/// <summary>Findings in JSON: the same form in every command's output.</summary>
public static class FindingsJson
{
    /// <summary>Writes the property <c>findings</c>: an array of objects with severity, id and text.</summary>
    public static void Write(Utf8JsonWriter json, IReadOnlyList<Finding> findings)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(findings);
        json.WriteStartArray("findings");
        foreach (Finding finding in findings)
        {
            json.WriteStartObject();
            json.WriteString("severity", finding.Severity.ToString().ToLowerInvariant());
            json.WriteString("id", finding.Id);
            json.WriteString("text", finding.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
