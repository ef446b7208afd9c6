using System.Globalization;
using System.Text;

namespace Baton.Differential;

/// <summary>What a run has found.</summary>
public sealed class DifferentialReport
{
    private readonly SortedDictionary<string, long> _byMode = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _byTemplate = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, (long Count, string Example)> _differences = [];
    private readonly SortedDictionary<string, (long Count, string Example)> _unjudged = [];

    /// <summary>Cases that were run and compared.</summary>
    public long Compared { get; private set; }

    /// <summary>Compared cases that ended in an exception.</summary>
    public long Exceptions { get; private set; }

    /// <summary>Cases that differ.</summary>
    public long Differences { get; private set; }

    /// <summary>Cases that nobody could compare, by reason.</summary>
    public long Unjudged { get; private set; }

    /// <summary>The modes in which something was compared, by name.</summary>
    public IEnumerable<string> Modes => _byMode.Keys;

    /// <summary>The templates of which something was compared, by name.</summary>
    public IEnumerable<string> Templates => _byTemplate.Keys;

    /// <summary>Counts a case.</summary>
    /// <param name="input">The case.</param>
    /// <param name="raised">Whether it ended in an exception.</param>
    /// <param name="difference">What differs; null when nothing does.</param>
    /// <param name="unjudged">Why it could not be compared; null when it could.</param>
    public void Add(InstructionCase input, bool raised, string? difference, string? unjudged)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (unjudged is not null)
        {
            Unjudged++;
            Count(_unjudged, unjudged, input, "");
            return;
        }

        Compared++;
        Exceptions += raised ? 1 : 0;
        Increase(_byMode, input.Mode.Name);
        Increase(_byTemplate, input.Template.Name);
        if (difference is not null)
        {
            Differences++;
            Count(_differences, $"{input.Template.Name} in {input.Mode}", input, difference);
        }
    }

    /// <summary>The report as text.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        CultureInfo culture = CultureInfo.InvariantCulture;
        text.Append(culture, $"{Compared} cases compared, {Exceptions} of them exceptions; ")
            .AppendLine(culture, $"{Differences} differ, {Unjudged} not judged");
        text.AppendLine().AppendLine("By mode:");
        foreach ((string mode, long count) in _byMode)
        {
            text.AppendLine(culture, $"  {mode,-20} {count,9}");
        }

        text.AppendLine().AppendLine("By template:");
        foreach ((string template, long count) in _byTemplate)
        {
            text.AppendLine(culture, $"  {template,-20} {count,9}");
        }

        Append(text, "Differences", _differences);
        Append(text, "Not judged", _unjudged);
        return text.ToString();
    }

    private static void Append(StringBuilder text, string title, SortedDictionary<string, (long Count, string Example)> found)
    {
        text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"{title}:{(found.Count == 0 ? " none" : "")}");
        foreach ((string name, (long count, string example)) in found)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {name}: {count}").AppendLine(example);
        }
    }

    private static void Increase(SortedDictionary<string, long> counts, string name) =>
        counts[name] = counts.GetValueOrDefault(name) + 1;

    private static void Count(
        SortedDictionary<string, (long Count, string Example)> counts, string name, InstructionCase input, string text)
    {
        (long count, string example) = counts.GetValueOrDefault(name);
        if (count == 0)
        {
            example = $"    {input.Mode}: {Disassembly.Of(input)}\n    {Disassembly.State(input)}\n    {text}";
        }

        counts[name] = (count + 1, example);
    }
}
