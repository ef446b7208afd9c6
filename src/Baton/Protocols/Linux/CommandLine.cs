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

    /// <summary>Added at the end, in order.</summary>
    public IReadOnlyList<string> Append { get; init; } = [];
}

/// <summary>The next kernel's command line (Documentation/admin-guide/kernel-parameters.rst).</summary>
public static class CommandLine
{
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

        parts.AddRange(request.Append.Select(part => part.Trim()));
        string line = string.Join(' ', parts.Where(part => part.Length > 0));
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
                    yield return line[start..i];
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
            yield return line[start..];
        }
    }

    /// <summary>The parameter's name: what stands before the first '=', without quotes.</summary>
    private static string NameOf(string word) => word.TrimStart('"').Split('=', 2)[0];
}
