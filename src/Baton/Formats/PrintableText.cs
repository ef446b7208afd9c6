using System.Text;

namespace Baton.Formats;

/// <summary>Text from an image, made safe to print: an image must not be able to steer the reader's terminal.</summary>
public static class PrintableText
{
    /// <summary>The bytes as UTF-8 without control characters (each becomes U+FFFD) and without blanks at the ends.</summary>
    public static string Of(ReadOnlySpan<byte> bytes) => Of(Encoding.UTF8.GetString(bytes));

    /// <summary>The text without control characters (each becomes U+FFFD) and without blanks at the ends.</summary>
    public static string Of(string raw)
    {
        ArgumentNullException.ThrowIfNull(raw);
        char[] text = raw.Trim('\0', ' ', '\n').ToCharArray();
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]))
            {
                text[i] = '\ufffd';
            }
        }

        return new string(text);
    }
}
