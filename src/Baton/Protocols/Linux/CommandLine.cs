using System.Buffers;
using System.Text;
using Baton.Bytes;
using Baton.Handoffs;

namespace Baton.Protocols.Linux;

/// <summary>What the user said about the command line.</summary>
public sealed record CommandLineRequest
{
    /// <summary>The whole line; null when not given.</summary>
    public string? Whole { get; init; }

    /// <summary>Whether to start from the running kernel's line.</summary>
    public bool Reuse { get; init; }

    /// <summary>Added in order: at the end, or in front of a <c>--</c> that is in the line.</summary>
    public IReadOnlyList<string> Append { get; init; } = [];
}

/// <summary>The next kernel's command line (Documentation/admin-guide/kernel-parameters.rst).</summary>
public static class CommandLine
{
    /// <summary>The word that ends the kernel's parameters. The kernel takes quotes off that stand around a whole word.</summary>
    private const string InitMark = "--";

    /// <summary>Words that the boot loader of the running kernel put there for itself.</summary>
    private static readonly string[] LoaderWords = ["BOOT_IMAGE", "initrd"];

    /// <summary>What no line has; a tab is a blank among others to the kernel.</summary>
    private static readonly SearchValues<char> ControlCharacters =
        SearchValues.Create([.. Enumerable.Range(0, ' ').Select(code => (char)code).Where(c => c != '\t')]);

    /// <summary>Puts the line together; findings say what was left out of a reused line, and that a line is empty.</summary>
    public static string Compose(CommandLineRequest request, string running, List<Finding> findings)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(running);
        ArgumentNullException.ThrowIfNull(findings);
        List<string> parts = [];
        if (request.Whole is { } whole)
        {
            parts.Add(whole.Trim());
        }

        if (request.Reuse)
        {
            List<string> kept = [];
            List<string> dropped = [];
            foreach (string word in Words(running))
            {
                (LoaderWords.Contains(NameOf(word)) ? dropped : kept).Add(word);
            }

            parts.Add(string.Join(' ', kept));
            if (dropped.Count > 0)
            {
                findings.Add(new Finding(
                    Severity.Note,
                    "command-line-reused",
                    $"of the running kernel's command line, its boot loader's words are left out: "
                    + string.Join(' ', dropped)));
            }
        }

        string line = request.Append.Aggregate(Join(parts), Add);
        if (line.Length == 0)
        {
            findings.Add(new Finding(
                Severity.Warning,
                "command-line-empty",
                "the command line is empty: the next kernel is not told its root file system or console; give "
                + "--command-line, --append or --reuse-cmdline"));
        }

        return line;
    }

    /// <summary>
    /// Adds words to a line. Behind a <c>--</c> all words are init's, so that parameters go in front of it, and only what stands
    /// behind a <c>--</c> of its own is added to init's.
    /// </summary>
    /// <param name="line">The line.</param>
    /// <param name="words">The words.</param>
    public static string Add(string line, string words)
    {
        ArgumentNullException.ThrowIfNull(line);
        ArgumentNullException.ThrowIfNull(words);
        if (string.IsNullOrWhiteSpace(words))
        {
            return line;
        }

        (string parameters, string? init) = Split(line);
        (string moreParameters, string? moreInit) = Split(words);
        return init is null && moreInit is null
            ? Join([parameters, moreParameters])
            : Join([parameters, moreParameters, InitMark, init ?? "", moreInit ?? ""]);
    }

    /// <summary>Checks that a kernel can take a line as it is.</summary>
    /// <param name="line">The line, without a NUL at its end.</param>
    /// <param name="limit">Bytes that the kernel takes.</param>
    /// <param name="kernel">The kernel's name and the field of the protocol that the line goes to, for errors.</param>
    /// <exception cref="ImageFormatException">It is longer, or has a control character in it.</exception>
    public static void Check(string line, int limit, ImageLocation kernel)
    {
        ArgumentNullException.ThrowIfNull(line);
        int length = Encoding.UTF8.GetByteCount(line);
        if (length > limit)
        {
            throw new ImageFormatException(
                ImageError.OutOfRange, kernel, $"the command line has {length} bytes, this kernel takes {limit}");
        }

        int control = line.AsSpan().IndexOfAny(ControlCharacters);
        if (control >= 0)
        {
            throw new ImageFormatException(
                ImageError.OutOfRange,
                kernel with { Field = "command line" },
                $"control character 0x{(int)line[control]:x2} at position {control}");
        }
    }

    /// <summary>The words of a line as the kernel splits it: at blanks that are not between double quotes.</summary>
    public static IEnumerable<string> Words(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        return Places(line).Select(word => line[word]);
    }

    /// <summary>The value of a parameter, the last one where it is given more than once; null where it is not.</summary>
    /// <param name="line">The line; what is init's does not count.</param>
    /// <param name="name">The parameter's name, without the '='.</param>
    public static string? ValueOf(string line, string name)
    {
        ArgumentNullException.ThrowIfNull(line);
        string? word = Words(Split(line).Parameters).LastOrDefault(
            word => NameOf(word) == name && word.Contains('=', StringComparison.Ordinal));
        return word?[(word.IndexOf('=', StringComparison.Ordinal) + 1)..].Trim('"');
    }

    private static IEnumerable<Range> Places(string line)
    {
        int start = -1;
        bool quoted = false;
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] == '"')
            {
                quoted = !quoted;
            }

            if (char.IsWhiteSpace(line[i]) && !quoted)
            {
                if (start >= 0)
                {
                    yield return start..i;
                    start = -1;
                }
            }
            else if (start < 0)
            {
                start = i;
            }
        }

        if (start >= 0)
        {
            yield return start..;
        }
    }

    /// <summary>What is the kernel's, and what is init's; null where there is no <c>--</c>.</summary>
    private static (string Parameters, string? Init) Split(string line)
    {
        foreach (Range word in Places(line))
        {
            if (line[word] is InitMark or $"\"{InitMark}\"")
            {
                return (line[..word.Start].Trim(), line[word.End..].Trim());
            }
        }

        return (line.Trim(), null);
    }

    private static string Join(IEnumerable<string> parts) => string.Join(' ', parts.Where(part => part.Length > 0));

    /// <summary>The parameter's name: what stands before the first '=', without quotes.</summary>
    private static string NameOf(string word) => word.TrimStart('"').Split('=', 2)[0];
}
