using System.Buffers.Binary;
using System.Text;
using Baton.Bytes;

namespace Baton.Formats.DeviceTrees;

/// <summary>
/// A property of a node: a name and bytes. What the bytes mean only its binding says; the members that read them as
/// numbers or strings answer null where they cannot be that. Specification: section 2.2.4.
/// </summary>
public sealed class DeviceProperty
{
    internal DeviceProperty(string name, ReadOnlyMemory<byte> value, ImageLocation where)
    {
        Name = name;
        Value = value;
        Where = where;
    }

    public string Name { get; }

    /// <summary>The value's bytes; all numbers in them are big-endian.</summary>
    public ReadOnlyMemory<byte> Value { get; }

    /// <summary>Where it was read; offset 0 when it was not read but set.</summary>
    public ImageLocation Where { get; }

    /// <summary>The value as one cell; null when it has not four bytes.</summary>
    public uint? U32 => Value.Length == 4 ? BinaryPrimitives.ReadUInt32BigEndian(Value.Span) : null;

    /// <summary>The value as a 64-bit number; null when it has not eight bytes.</summary>
    public ulong? U64 => Value.Length == 8 ? BinaryPrimitives.ReadUInt64BigEndian(Value.Span) : null;

    /// <summary>The value as a number of one or two cells, as Linux takes addresses in /chosen; null otherwise.</summary>
    public ulong? Number => U32 ?? U64;

    /// <summary>The value as cells; null when its length is not a multiple of four.</summary>
    public IReadOnlyList<uint>? Cells
    {
        get
        {
            if (Value.Length % 4 != 0)
            {
                return null;
            }

            uint[] cells = new uint[Value.Length / 4];
            for (int i = 0; i < cells.Length; i++)
            {
                cells[i] = BinaryPrimitives.ReadUInt32BigEndian(Value.Span[(i * 4)..]);
            }

            return cells;
        }
    }

    /// <summary>
    /// The value as one string, without its NUL; null when it has none at the end, or one before it. Bytes that are not
    /// UTF-8 become U+FFFD, and nothing makes it safe to print: see <see cref="PrintableText"/>.
    /// </summary>
    public string? Text => Strings is { Count: 1 } strings ? strings[0] : null;

    /// <summary>The value as a list of strings; null when it is empty or does not end with a NUL.</summary>
    public IReadOnlyList<string>? Strings
    {
        get
        {
            ReadOnlySpan<byte> rest = Value.Span;
            if (rest.IsEmpty || rest[^1] != 0)
            {
                return null;
            }

            List<string> strings = [];
            while (!rest.IsEmpty)
            {
                int end = rest.IndexOf((byte)0);
                strings.Add(Encoding.UTF8.GetString(rest[..end]));
                rest = rest[(end + 1)..];
            }

            return strings;
        }
    }

    /// <summary>Where the name is in the strings block that the property was read with; null when it was set.</summary>
    internal int? NameOffset { get; init; }

    /// <summary>The bytes behind the value, up to the next token: not always zeros, and kept as they are.</summary>
    internal ReadOnlyMemory<byte> Padding { get; init; }

    /// <summary>Makes the exception for a value that is not what its binding says.</summary>
    public ImageFormatException Fault(ImageError error, string problem) => new(error, Where, problem);

    public override string ToString() => $"{Name} ({Value.Length} bytes)";
}
