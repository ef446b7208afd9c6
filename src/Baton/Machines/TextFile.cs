using System.Globalization;
using System.Text;
using Baton.Bytes;

namespace Baton.Machines;

/// <summary>A text file of proc or sysfs: its lines, each knowing its place for errors.</summary>
/// <param name="Name">The file's name, for errors.</param>
/// <param name="Bytes">Its bytes; what is not UTF-8 becomes U+FFFD.</param>
internal sealed record TextFile(string Name, ReadOnlyMemory<byte> Bytes)
{
    public static TextFile Of(IFileTree tree, string path, TreeFile file) =>
        new(tree.Name == "/" ? "/" + path : $"{tree.Name}:{path}", file.Bytes);

    /// <summary>The lines that hold anything but space.</summary>
    public IEnumerable<TextLine> Lines()
    {
        string text = Encoding.UTF8.GetString(Bytes.Span);
        int number = 0;
        foreach (string whole in text.Split('\n'))
        {
            number++;
            string line = whole.TrimEnd('\r', '\0');
            if (!string.IsNullOrWhiteSpace(line))
            {
                yield return new TextLine(this, number, line);
            }
        }
    }

    /// <summary>The first line that is not empty.</summary>
    /// <exception cref="ImageFormatException"><see cref="ImageError.Truncated"/>: there is none.</exception>
    public TextLine First(string field)
    {
        foreach (TextLine line in Lines())
        {
            return line;
        }

        throw new TextLine(this, 1, "").Fault(ImageError.Truncated, field, "the file is empty");
    }

    /// <summary>The one number of a file of sysfs: hexadecimal after 0x, else decimal.</summary>
    /// <exception cref="ImageFormatException">There is none.</exception>
    public ulong Number(string field)
    {
        TextLine line = First(field);
        return line.Number(line.Text.Trim(), field);
    }
}

/// <summary>One line of a text file.</summary>
/// <param name="File">The file.</param>
/// <param name="LineNumber">Counted from 1.</param>
/// <param name="Text">The line without its end.</param>
internal readonly record struct TextLine(TextFile File, int LineNumber, string Text)
{
    private const int ShownLength = 60;

    /// <summary>Reads a number: hexadecimal after 0x, else decimal.</summary>
    /// <exception cref="ImageFormatException"><see cref="ImageError.BadSyntax"/>: it is none, or too wide.</exception>
    public ulong Number(string text, string field)
    {
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return Hexadecimal(text[2..], field);
        }

        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value)
            ? value
            : throw NotANumber(text, field);
    }

    /// <summary>Reads a hexadecimal number without 0x.</summary>
    /// <exception cref="ImageFormatException"><see cref="ImageError.BadSyntax"/>: it is none, or too wide.</exception>
    public ulong Hexadecimal(string text, string field) =>
        ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value)
            ? value
            : throw NotANumber(text, field);

    public ImageFormatException Fault(ImageError error, string field, string problem) =>
        new(error, new ImageLocation(File.Name, LineNumber, field) { IsLine = true }, problem);

    /// <summary>A piece of the line as errors show it: quoted, on one line, not too long.</summary>
    public static string Show(string text)
    {
        string shown = text.Length > ShownLength ? text[..ShownLength] + "…" : text;
        return "\"" + string.Concat(shown.Select(c => char.IsControl(c) ? '?' : c)) + "\"";
    }

    private ImageFormatException NotANumber(string text, string field) =>
        Fault(ImageError.BadSyntax, field, $"found {Show(text)}, expected a number of at most 64 bits");
}
