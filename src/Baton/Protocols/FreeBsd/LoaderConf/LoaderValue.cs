using System.Text;

namespace Baton.Protocols.FreeBsd.LoaderConf;

/// <summary>
/// A value of loader.conf, as the loaders since 13 take it (loader.conf(5)): in quotes, in which a backslash takes the meaning
/// from the character behind it; or a word.
/// </summary>
internal static class LoaderValue
{
    /// <summary>Reads a value, which a comment may follow.</summary>
    /// <param name="text">The text, from the value on.</param>
    /// <returns>The value without its quotes, escapes and variables still in it; null when it is not of the grammar.</returns>
    public static (string Text, bool IsQuoted)? Read(string text)
    {
        int start = text.StartsWith('"') ? 1 : 0;
        int end = start == 1 ? EndOfQuoted(text) : EndOfWord(text);
        if (end < 0 || !IsEnd(text[(end + start)..]))
        {
            return null;
        }

        string value = text[start..end];
        return value.All(c => c == '\t' || c is >= ' ' and < '\u007f') ? (value, start == 1) : null;
    }

    /// <summary>Takes the escapes off, and puts in what <c>$name</c> and <c>${name}</c> stand for.</summary>
    /// <param name="value">A value without its quotes.</param>
    /// <param name="variable">A variable's value; null for one that is not set, which stands for nothing.</param>
    /// <param name="problem">What is wrong with the value.</param>
    /// <returns>The value that is meant; null when something is wrong.</returns>
    public static string? Expand(string value, Func<string, string?> variable, out string problem)
    {
        StringBuilder text = new();
        problem = "";
        for (int i = 0; i < value.Length; i++)
        {
            if (value[i] is not ('\\' or '$'))
            {
                text.Append(value[i]);
            }
            else if (value[i] == '\\')
            {
                if (++i == value.Length)
                {
                    problem = "a backslash with nothing behind it";
                    return null;
                }

                text.Append(value[i]);
            }
            else if (NameAt(value, i + 1) is { } name)
            {
                text.Append(variable(value[name.Start..name.End]) ?? "");
                i = value[i + 1] == '{' ? name.End : name.End - 1;
            }
            else
            {
                problem = "a \"$\" with no name behind it; \"\\$\" is the character";
                return null;
            }
        }

        return text.ToString();
    }

    private static (int Start, int End)? NameAt(string value, int at)
    {
        if (at < value.Length && value[at] == '{')
        {
            int close = value.IndexOf('}', at);
            return close > at + 1 ? (at + 1, close) : null;
        }

        int end = at;
        while (end < value.Length
            && (char.IsAsciiLetterOrDigit(value[end]) || (end > at && value[end] is '-' or '_' or '.')))
        {
            end++;
        }

        return end > at ? (at, end) : null;
    }

    /// <summary>The first quote that is not escaped; -1 when there is none.</summary>
    private static int EndOfQuoted(string text)
    {
        int end = 1;
        while (end < text.Length && text[end] != '"')
        {
            end += text[end] == '\\' ? 2 : 1;
        }

        return end < text.Length ? end : -1;
    }

    private static int EndOfWord(string text)
    {
        int end = 0;
        while (end < text.Length
            && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '-' || (end > 0 && text[end] is '_' or '.')))
        {
            end++;
        }

        return end > 0 ? end : -1;
    }

    private static bool IsEnd(string rest) => rest.TrimStart() is "" or ['#', ..];
}
