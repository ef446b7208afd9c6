using System.Globalization;
using System.Text.Json;
using Baton.Lab;
using Baton.Reports;

namespace Baton.Cli;

/// <summary>How a rehearsal went, for people and for programs.</summary>
internal static class RehearsalResult
{
    /// <summary>A table of the steps, and the verdict as its title.</summary>
    public static Report Of(RehearsalReport report) => new(
        report.Passed ? "The rehearsal passed." : $"The rehearsal failed: {report.Failure}",
        [
            new ReportSection(
                "Times",
                ["step", "took", "at"],
                [.. report.Times.Select(
                    time => (IReadOnlyList<string>)[time.Step.Name, Seconds(time.Took), Seconds(time.Step.At)])]),
        ],
        []);

    /// <summary>The members of an object: <c>passed</c>, <c>failure</c>, <c>steps</c> with times in seconds.</summary>
    public static void Write(Utf8JsonWriter json, RehearsalReport report)
    {
        json.WriteBoolean("passed", report.Passed);
        json.WriteString("failure", report.Failure);
        json.WriteStartArray("steps");
        foreach ((RehearsalStep step, TimeSpan took) in report.Times)
        {
            json.WriteStartObject();
            json.WriteString("step", step.Name);
            json.WriteNumber("took", Math.Round(took.TotalSeconds, 3));
            json.WriteNumber("at", Math.Round(step.At.TotalSeconds, 3));
            json.WriteString("line", step.Line);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.00 s", CultureInfo.InvariantCulture);
}
