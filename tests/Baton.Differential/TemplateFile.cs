using System.Globalization;

namespace Baton.Differential;

/// <summary>Reads tests/vectors/x64-differential.txt.</summary>
public static class TemplateFile
{
    private static readonly string[] CountRules = ["shift", "rotate", "shiftd"];

    /// <summary>The templates beside this program.</summary>
    public static IReadOnlyList<Template> Load() =>
        [.. File.ReadLines(Path.Join(AppContext.BaseDirectory, "vectors", "x64-differential.txt"))
            .Where(line => line.Length > 0 && line[0] != '#').Select(Parse)];

    /// <summary>Reads one line.</summary>
    /// <exception cref="FormatException">It is not as the head of the file describes.</exception>
    public static Template Parse(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        string[] fields = [.. line.Split('|').Select(field => field.Trim() == "-" ? "" : field.Trim())];
        if (fields.Length != 6)
        {
            throw new FormatException($"six fields expected: {line}");
        }

        string[] operands = fields[2].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string[] modRm = operands.Length > 0 ? operands[0].Split('/', '-') : [];
        modRm = modRm is ["rm" or "r" or "m", ..] ? modRm : [];
        bool isRule = CountRules.Contains(fields[4]);
        return new Template
        {
            Name = fields[0],
            Opcodes = [.. fields[1].Split(',').SelectMany(Opcodes)],
            ModRm = modRm.Length > 0 ? modRm[0] : null,
            Digits = modRm.Length > 1 ? (Digit(modRm[1]), Digit(modRm[^1])) : (0, 7),
            Immediates = modRm.Length > 0 ? operands[1..] : operands,
            Modes = fields[3],
            CountRule = isRule ? fields[4] : null,
            UndefinedFlags = isRule ? 0 : fields[4].Split(',', StringSplitOptions.RemoveEmptyEntries)
                .Aggregate(0UL, (flags, name) => flags | StatusFlags.Parse(name)),
            Traits = fields[5].Split(' ', StringSplitOptions.RemoveEmptyEntries).ToHashSet(),
        };
    }

    private static IEnumerable<byte[]> Opcodes(string text)
    {
        string[] words = text.Trim().Split(' ');
        string[] range = words[^1].Split('-');
        byte[] front = [.. words[..^1].Select(Hex)];
        for (int last = Hex(range[0]); last <= Hex(range[^1]); last++)
        {
            yield return [.. front, (byte)last];
        }
    }

    private static byte Hex(string text) => byte.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static int Digit(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
