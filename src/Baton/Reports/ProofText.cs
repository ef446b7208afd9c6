using System.Globalization;
using Baton.Proofs;

namespace Baton.Reports;

/// <summary>A proof for people: each clause with what was seen, and where a crossing that failed had come to.</summary>
public static class ProofText
{
    private static readonly string[] Columns = ["holds", "clause", "seen; demanded"];

    /// <summary>One line, e.g. <c>Proof: 27 of 27 clauses hold (1,934 instructions)</c>.</summary>
    public static string Summary(ProofReport proof)
    {
        ArgumentNullException.ThrowIfNull(proof);
        int holding = proof.Clauses.Count(clause => clause.Holds);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Proof: {holding} of {proof.Clauses.Count} clauses hold ({proof.Instructions:N0} instructions)");
    }

    /// <summary>Builds the report.</summary>
    /// <param name="title">What is proved.</param>
    /// <param name="proof">The proof.</param>
    /// <param name="onlyFailed">Whether clauses that hold are left out, and those that could not be judged.</param>
    public static Report Build(string title, ProofReport proof, bool onlyFailed)
    {
        ArgumentNullException.ThrowIfNull(proof);
        List<ReportSection> sections =
        [
            new ReportSection(
                proof.Contract,
                Columns,
                [
                    .. proof.Clauses
                        .Where(clause => !onlyFailed || clause.Verdict is { Holds: false })
                        .SelectMany(Rows),
                ]),
        ];
        if (proof.FailedAt is { } failed)
        {
            sections.Add(new ReportSection("where the crossing ended", [], [.. X64Listing.Lines(failed)]));
        }

        if (proof.Details.Count > 0)
        {
            IEnumerable<IReadOnlyList<string>> lines = proof.Details.Select(line => (IReadOnlyList<string>)[line]);
            sections.Add(new ReportSection("what was there", [], [.. lines]));
        }

        if (!onlyFailed)
        {
            sections.Add(new ReportSection("verdict", [], [[Summary(proof)]]));
        }

        return new Report(title, sections, []);
    }

    private static IEnumerable<IReadOnlyList<string>> Rows(ClauseResult clause)
    {
        string holds = clause.Verdict is { } verdict ? (verdict.Holds ? "yes" : "NO") : "?";
        yield return [holds, clause.Id, clause.Verdict?.Seen ?? "not judged, because of what failed"];
        yield return ["", "", $"{clause.Demand} [{clause.Source}]"];
    }
}
