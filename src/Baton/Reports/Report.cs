using Baton.Handoffs;

namespace Baton.Reports;

/// <summary>A report for people, as data: the command line decides how a table looks on a terminal and in a pipe.</summary>
/// <param name="Title">What is reported on.</param>
/// <param name="Sections">The tables, in order.</param>
/// <param name="Findings">What was noticed.</param>
public sealed record Report(string Title, IReadOnlyList<ReportSection> Sections, IReadOnlyList<Finding> Findings);

/// <summary>One table of a report.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Columns">The columns' headings; empty for pairs of a name and a value.</param>
/// <param name="Rows">The cells, row by row.</param>
public sealed record ReportSection(
    string Title, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows);
