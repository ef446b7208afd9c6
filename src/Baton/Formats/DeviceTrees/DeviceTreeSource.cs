using Baton.Bytes;
using Baton.Memory;

namespace Baton.Formats.DeviceTrees;

/// <summary>
/// Prints a tree as a .dts source, version 1. What dtc makes of it has the same nodes, properties and reservations; for a
/// blob that dtc wrote without free space it is the same blob. Specification: chapter 6.
/// </summary>
public static class DeviceTreeSource
{
    /// <summary>Cells of a line; more are broken into several lines.</summary>
    private const int CellsPerLine = 8;

    private const int BytesPerLine = 32;

    /// <summary>Prints the tree.</summary>
    /// <exception cref="ImageFormatException">
    /// <see cref="ImageError.BadSyntax"/>: a name has characters that a source cannot spell.
    /// </exception>
    public static void Write(TextWriter output, DeviceTree tree)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(tree);
        output.Write("/dts-v1/;\n\n");
        foreach (PhysicalRange range in tree.Reservations)
        {
            output.Write($"/memreserve/ 0x{range.Start.Value:x16} 0x{range.Length:x16};\n");
        }

        output.Write("/ {\n");
        WriteContent(output, tree.Root, 1);
        output.Write("};\n");
    }

    private static void WriteContent(TextWriter output, DeviceNode node, int depth)
    {
        string indent = new('\t', depth);
        foreach (DeviceProperty property in node.Properties)
        {
            CheckName(property.Name, property.Where);
            output.Write($"{indent}{property.Name}");
            WriteValue(output, property.Value.Span, indent);
            output.Write(";\n");
        }

        foreach (DeviceNode child in node.Children)
        {
            CheckName(child.Name, child.Where);
            output.Write($"\n{indent}{child.Name} {{\n");
            WriteContent(output, child, depth + 1);
            output.Write($"{indent}}};\n");
        }
    }

    private static void WriteValue(TextWriter output, ReadOnlySpan<byte> value, string indent)
    {
        if (value.IsEmpty)
        {
            return;
        }

        output.Write(" = ");
        if (IsStrings(value))
        {
            WriteStrings(output, value);
        }
        else if (value.Length % 4 == 0)
        {
            output.Write('<');
            for (int i = 0; i < value.Length; i += 4)
            {
                output.Write(Separator(i / 4, CellsPerLine, indent));
                output.Write($"0x{Convert.ToHexStringLower(value.Slice(i, 4))}");
            }

            output.Write('>');
        }
        else
        {
            output.Write('[');
            for (int i = 0; i < value.Length; i++)
            {
                output.Write(Separator(i, BytesPerLine, indent));
                output.Write(value[i].ToString("x2", null));
            }

            output.Write(']');
        }
    }

    private static string Separator(int index, int perLine, string indent) =>
        index == 0 ? "" : index % perLine == 0 ? $"\n{indent}\t" : " ";

    private static void WriteStrings(TextWriter output, ReadOnlySpan<byte> value)
    {
        for (bool first = true; !value.IsEmpty; first = false)
        {
            output.Write(first ? "\"" : ", \"");
            int end = value.IndexOf((byte)0);
            foreach (byte b in value[..end])
            {
                output.Write(b is (byte)'"' or (byte)'\\' ? $"\\{(char)b}" : $"{(char)b}");
            }

            output.Write('"');
            value = value[(end + 1)..];
        }
    }

    /// <summary>Whether the value is nothing but printable strings, none of them empty.</summary>
    private static bool IsStrings(ReadOnlySpan<byte> value)
    {
        byte previous = 0;
        foreach (byte b in value)
        {
            if (b is not (0 or (>= 0x20 and < 0x7f)) || (b == 0 && previous == 0))
            {
                return false;
            }

            previous = b;
        }

        return previous == 0;
    }

    private static void CheckName(string name, ImageLocation where)
    {
        if (!DeviceTreeNames.IsSource(name))
        {
            throw new ImageFormatException(
                ImageError.BadSyntax, where, $"\"{name}\" has characters that a source cannot spell");
        }
    }
}
