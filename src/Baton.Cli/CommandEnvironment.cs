using System.Text.Json;
using Baton.Handoffs;
using Baton.Reports;

namespace Baton.Cli;

/// <summary>What a command sees of the outside: results go to <see cref="Output"/>, all else to <see cref="Error"/>.</summary>
internal sealed record CommandEnvironment
{
    /// <summary>The name that this program was started under: errors begin with it.</summary>
    public string Name { get; init; } = Application.Name;

    public required TextWriter Output { get; init; }

    /// <summary>What cannot be written here is lost; it stops no command.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>What a command that asks is answered from.</summary>
    public TextReader Input { get; init; } = TextReader.Null;

    /// <summary>Whether <see cref="Output"/> is a terminal: then tables are drawn with lines and colours.</summary>
    public required bool OutputIsTerminal { get; init; }

    /// <summary>Whether <see cref="Error"/> is a terminal: then long work shows its progress there.</summary>
    public required bool ErrorIsTerminal { get; init; }

    /// <summary>Whether the terminal, if there is one, knows no control sequences: nothing is written over there.</summary>
    public bool TerminalIsDumb { get; init; }

    /// <summary>Prints a report for people.</summary>
    public void Print(Report report) => ReportPrinter.Print(report, this);

    /// <summary>Prints findings to <see cref="Error"/>, one a line.</summary>
    public void Tell(IEnumerable<Finding> findings)
    {
        foreach (Finding finding in findings)
        {
            Error.WriteLine($"{Name}: {finding}");
        }
    }

    /// <summary>Prints one JSON object, indented, with what <paramref name="write"/> puts into it.</summary>
    public void PrintJson(Action<Utf8JsonWriter> write)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        Output.WriteLine(System.Text.Encoding.UTF8.GetString(buffer.ToArray()));
    }
}
