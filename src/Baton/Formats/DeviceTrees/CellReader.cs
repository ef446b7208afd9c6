using System.Buffers.Binary;
using Baton.Bytes;

namespace Baton.Formats.DeviceTrees;

/// <summary>Numbers of several cells, one behind the other.</summary>
internal ref struct CellReader(DeviceProperty property)
{
    private readonly ReadOnlySpan<byte> _bytes = property.Value.Span;
    private int _position;

    /// <summary>Checks that the value is a sequence of entries, and counts them.</summary>
    /// <param name="property">The property.</param>
    /// <param name="cells">Cells of an entry.</param>
    /// <exception cref="ImageFormatException"><see cref="ImageError.OutOfRange"/>: the length is no multiple.</exception>
    public static int Count(DeviceProperty property, int cells)
    {
        int size = cells * sizeof(uint);
        return size == 0 || property.Value.Length % size != 0
            ? throw property.Fault(
                ImageError.OutOfRange,
                $"{property.Value.Length} bytes, expected entries of {cells} cells: {size} bytes each")
            : property.Value.Length / size;
    }

    /// <summary>The next number.</summary>
    /// <param name="cells">0 to 4.</param>
    public UInt128 Next(int cells)
    {
        UInt128 number = 0;
        for (int i = 0; i < cells; i++)
        {
            number = (number << 32) | BinaryPrimitives.ReadUInt32BigEndian(_bytes[_position..]);
            _position += sizeof(uint);
        }

        return number;
    }

    /// <summary>Adds a number as so many cells, the highest first.</summary>
    /// <exception cref="ArgumentException">It does not fit.</exception>
    public static void Append(List<uint> cells, UInt128 number, int count)
    {
        if (count < 4 && number >> (32 * count) != 0)
        {
            throw new ArgumentException($"0x{number:x} does not fit into {count} cells", nameof(number));
        }

        for (int i = count - 1; i >= 0; i--)
        {
            cells.Add((uint)((number >> (32 * i)) & uint.MaxValue));
        }
    }
}
