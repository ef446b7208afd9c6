using System.Globalization;
using Baton.Bytes;
using Baton.Handoffs;

namespace Baton.Machines;

/// <summary>/proc/cpuinfo: the first processor's lines.</summary>
public sealed record CpuInfo
{
    /// <summary>What is known without the file.</summary>
    public static CpuInfo Empty { get; } = Parse(default, "cpuinfo");

    /// <summary>The lines by their keys.</summary>
    public required IReadOnlyDictionary<string, string> Values { get; init; }

    /// <summary>The flags (x86) or features (arm64).</summary>
    public required IReadOnlySet<string> Flags { get; init; }

    /// <summary>The instruction set, by the lines that only one of them has; null when nothing tells.</summary>
    public Architecture? Architecture =>
        Values.ContainsKey("CPU implementer") ? Handoffs.Architecture.Arm64
        : Flags.Contains("lm") ? Handoffs.Architecture.X64
        : Values.ContainsKey("vendor_id") ? Handoffs.Architecture.X86
        : null;

    /// <summary>What the planner needs.</summary>
    public required ProcessorFacts Facts { get; init; }

    /// <summary>Reads the file's text. Lines without a colon are passed over.</summary>
    /// <exception cref="ImageFormatException">The line "address sizes" is malformed.</exception>
    public static CpuInfo Parse(ReadOnlyMemory<byte> bytes, string name)
    {
        Dictionary<string, string> values = new(StringComparer.Ordinal);
        int physicalBits = 0;
        foreach (TextLine line in new TextFile(name, bytes).Lines())
        {
            int colon = line.Text.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0)
            {
                continue;
            }

            string key = line.Text[..colon].Trim();
            string value = line.Text[(colon + 1)..].Trim();

            // The next processor starts where the first one's keys come again.
            if (!values.TryAdd(key, value))
            {
                break;
            }

            if (key == "address sizes")
            {
                physicalBits = PhysicalBits(line, value);
            }
        }

        string flagLine = values.GetValueOrDefault("flags") ?? values.GetValueOrDefault("Features") ?? "";
        HashSet<string> flags = new(flagLine.Split(' ', StringSplitOptions.RemoveEmptyEntries), StringComparer.Ordinal);
        return new CpuInfo
        {
            Values = values,
            Flags = flags,
            Facts = new ProcessorFacts
            {
                La57 = flags.Contains("la57"),
                GigabytePages = flags.Contains("pdpe1gb"),
                PhysicalBits = physicalBits,
                Model = values.GetValueOrDefault("model name") ?? "",
            },
        };
    }

    /// <summary>The first number of <c>46 bits physical, 48 bits virtual</c>.</summary>
    private static int PhysicalBits(TextLine line, string value)
    {
        string[] words = value.Split(' ');
        bool isNumber = int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out int bits);
        return isNumber && bits is > 0 and <= 64
            ? bits
            : throw line.Fault(
                ImageError.BadSyntax,
                "address sizes",
                $"found {TextLine.Show(value)}, expected \"N bits physical\" with N at most 64");
    }
}
