using System.Buffers.Binary;
using System.Text;

namespace Baton.Packs;

/// <summary>
/// What a packed program reads besides its instructions: texts and tables, at addresses that are known at once.
/// </summary>
/// <param name="origin">The address of the first byte; a multiple of 8.</param>
internal sealed class PackData(ulong origin)
{
    private readonly List<byte> _bytes = [];
    private readonly Dictionary<string, ulong> _texts = new(StringComparer.Ordinal);

    /// <summary>The address behind the last byte.</summary>
    public ulong End => origin + (ulong)_bytes.Count;

    /// <summary>The address of a text that ends with a zero; the same text has one place.</summary>
    public ulong Text(string text)
    {
        if (!_texts.TryGetValue(text, out ulong address))
        {
            address = _texts[text] = End;
            _bytes.AddRange(Encoding.ASCII.GetBytes(text));
            _bytes.Add(0);
        }

        return address;
    }

    /// <summary>The address of numbers of 8 bytes each.</summary>
    public ulong Table(params IEnumerable<ulong> values)
    {
        Align();
        ulong address = End;
        byte[] number = new byte[sizeof(ulong)];
        foreach (ulong value in values)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(number, value);
            _bytes.AddRange(number);
        }

        return address;
    }

    /// <summary>All of it, filled up to a multiple of 8 bytes.</summary>
    public byte[] Build()
    {
        Align();
        return [.. _bytes];
    }

    private void Align()
    {
        while (_bytes.Count % sizeof(ulong) != 0)
        {
            _bytes.Add(0);
        }
    }
}
