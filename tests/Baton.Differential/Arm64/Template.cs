using System.Globalization;

namespace Baton.Differential.Arm64;

/// <summary>An encoding class: the bits that are fixed, and what its registers should hold to reach something.</summary>
/// <param name="Class">Name for the counts; several lines may share one.</param>
/// <param name="Value">The fixed bits.</param>
/// <param name="Mask">Which bits are fixed.</param>
/// <param name="Options">What to do beside random registers.</param>
/// <param name="First">An instruction to carry out before it; 0 for none.</param>
internal sealed record Template(string Class, uint Value, uint Mask, IReadOnlySet<string> Options, uint First)
{
    private static readonly HashSet<string> Known =
        ["memory", "index", "atomic", "compare", "code", "exclusive", "literal", "near", "el2", "mmu", "aligned", "zero", "any"];

    /// <summary>Whether the class is for a machine.</summary>
    public bool IsFor(MachineConfiguration configuration) =>
        (!Options.Contains("el2") || configuration.Level == 2) && (!Options.Contains("mmu") || configuration.IsMmuOn);

    /// <summary>All classes of tests/vectors/arm64-differential.txt.</summary>
    public static IReadOnlyList<Template> ReadAll() =>
    [
        .. File.ReadLines(JudgeFiles.Vectors("arm64-differential.txt"))
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(Parse),
    ];

    private static Template Parse(string line)
    {
        string[] fields = [.. line.Split('|').Select(field => field.Trim())];
        string bits = fields[1].Replace(" ", "", StringComparison.Ordinal);
        if (bits.Length != 32)
        {
            throw new FormatException($"arm64-differential.txt: {line}: {bits.Length} bits");
        }

        uint value = 0;
        uint mask = 0;
        foreach (char bit in bits)
        {
            value = (value << 1) | (bit == '1' ? 1U : 0);
            mask = (mask << 1) | (bit == 'x' ? 0U : 1);
        }

        HashSet<string> options = fields.Length > 2 ? [.. fields[2].Split(' ', StringSplitOptions.RemoveEmptyEntries)] : [];
        uint first = 0;
        foreach (string option in options.Where(option => option.StartsWith("first=", StringComparison.Ordinal)).ToArray())
        {
            first = uint.Parse(option["first=".Length..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            options.Remove(option);
        }

        return options.IsSubsetOf(Known)
            ? new(fields[0], value, mask, options, first)
            : throw new FormatException($"arm64-differential.txt: {line}: unknown option");
    }
}
