using Baton.Handoffs;
using Baton.Reports;
using Spectre.Console;

namespace Baton.Cli;

/// <summary>Reports as text: with lines and colours on a terminal, plain and aligned in a pipe.</summary>
internal static class ReportPrinter
{
    public static void Print(Report report, CommandEnvironment environment)
    {
        environment.Output.WriteLine(report.Title);
        foreach (ReportSection section in report.Sections)
        {
            environment.Output.WriteLine();
            if (environment.OutputIsTerminal && section.Columns.Count > 0)
            {
                PrintTable(section);
            }
            else
            {
                PrintPlain(section, environment.Output);
            }
        }

        if (report.Findings.Count > 0)
        {
            environment.Output.WriteLine();
            foreach (Finding finding in report.Findings)
            {
                environment.Output.WriteLine(finding);
            }
        }
    }

    private static void PrintTable(ReportSection section)
    {
        Table table = new Table().RoundedBorder().Title(Markup.Escape(section.Title));
        foreach (string column in section.Columns)
        {
            table.AddColumn(new TableColumn(Markup.Escape(column)));
        }

        foreach (IReadOnlyList<string> row in section.Rows)
        {
            table.AddRow(row.Select(cell => new Text(cell)));
        }

        AnsiConsole.Write(table);
    }

    private static void PrintPlain(ReportSection section, TextWriter output)
    {
        output.WriteLine($"{section.Title}:");
        List<IReadOnlyList<string>> rows = [.. section.Rows];
        if (section.Columns.Count > 0)
        {
            rows.Insert(0, section.Columns);
        }

        int columns = rows.Count == 0 ? 0 : rows.Max(row => row.Count);
        int[] widths = [.. Enumerable.Range(0, columns).Select(
            c => rows.Max(row => c < row.Count ? row[c].Length : 0))];
        foreach (IReadOnlyList<string> row in rows)
        {
            IEnumerable<string> cells = row.Select((cell, c) => c == row.Count - 1 ? cell : cell.PadRight(widths[c]));
            output.WriteLine(("  " + string.Join("  ", cells)).TrimEnd());
        }
    }
}
