using System.Text.Json;
using Baton.Proofs;

namespace Baton.Reports;

/// <summary>A proof in JSON.</summary>
public static class ProofJson
{
    /// <summary>Writes the properties of a proof into the object that is open.</summary>
    public static void Write(Utf8JsonWriter json, ProofReport proof)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(proof);
        json.WriteString("contract", proof.Contract);
        json.WriteBoolean("holds", proof.Holds);
        json.WriteNumber("instructions", proof.Instructions);
        json.WriteNumber("runs", proof.Runs);
        json.WriteStartArray("clauses");
        foreach (ClauseResult clause in proof.Clauses)
        {
            json.WriteStartObject();
            json.WriteString("id", clause.Id);
            if (clause.Verdict is { } verdict)
            {
                json.WriteBoolean("holds", verdict.Holds);
                json.WriteString("seen", verdict.Seen);
            }
            else
            {
                json.WriteNull("holds");
                json.WriteNull("seen");
            }

            json.WriteString("demand", clause.Demand);
            json.WriteString("source", clause.Source);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("details");
        foreach (string line in proof.Details)
        {
            json.WriteStringValue(line);
        }

        json.WriteEndArray();
    }
}
