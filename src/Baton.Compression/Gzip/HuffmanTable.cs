namespace Baton.Compression.Gzip;

/// <summary>
/// A canonical Huffman code as a lookup table: short codes by one look, longer ones by walking the lengths. RFC 1951,
/// section 3.2.2.
/// </summary>
internal sealed class HuffmanTable
{
    /// <summary>Codes up to this many bits are found by one look.</summary>
    public const int FastBits = 9;

    private const int LongestCode = 15;

    private readonly ushort[] _fast = new ushort[1 << FastBits];
    private readonly ushort[] _symbols;
    private readonly int[] _counts = new int[LongestCode + 1];

    private HuffmanTable(int symbols)
    {
        _symbols = new ushort[symbols];
    }

    /// <summary>Makes the table of a code given by its lengths; null when there is no such code.</summary>
    /// <param name="lengths">Bits of each symbol's code; 0 for a symbol that does not occur.</param>
    /// <param name="mayBeIncomplete">Whether a code of at most one symbol will do, as it will for distances.</param>
    public static HuffmanTable? Create(ReadOnlySpan<byte> lengths, bool mayBeIncomplete)
    {
        HuffmanTable table = new(lengths.Length);
        foreach (byte length in lengths)
        {
            table._counts[length]++;
        }

        int used = lengths.Length - table._counts[0];
        table._counts[0] = 0;
        int left = 1;
        for (int length = 1; length <= LongestCode; length++)
        {
            left = (left << 1) - table._counts[length];
            if (left < 0)
            {
                return null;
            }
        }

        if (left > 0 && !(mayBeIncomplete && used <= 1))
        {
            return null;
        }

        table.Fill(lengths);
        return table;
    }

    /// <summary>Looks a symbol up: its number in the upper bits, its length in the lower four; 0 for a long code.</summary>
    public int Fast(uint bits) => _fast[(int)(bits & ((1 << FastBits) - 1))];

    /// <summary>Finds the symbol of a code of any length.</summary>
    /// <param name="bits">The next bits of the input, the first in bit 0.</param>
    /// <returns>As <see cref="Fast"/>; 0 when no symbol has such a code.</returns>
    public int Slow(uint bits)
    {
        int code = 0;
        int first = 0;
        int index = 0;
        for (int length = 1; length <= LongestCode; length++)
        {
            code |= (int)(bits & 1);
            bits >>= 1;
            int count = _counts[length];
            if (code - count < first)
            {
                return (_symbols[index + (code - first)] << 4) | length;
            }

            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }

        return 0;
    }

    private void Fill(ReadOnlySpan<byte> lengths)
    {
        Span<int> offsets = stackalloc int[LongestCode + 2];
        Span<int> codes = stackalloc int[LongestCode + 2];
        for (int length = 1; length <= LongestCode; length++)
        {
            offsets[length + 1] = offsets[length] + _counts[length];
            codes[length + 1] = (codes[length] + _counts[length]) << 1;
        }

        for (int symbol = 0; symbol < lengths.Length; symbol++)
        {
            int length = lengths[symbol];
            if (length == 0)
            {
                continue;
            }

            _symbols[offsets[length]++] = (ushort)symbol;
            int code = codes[length]++;
            if (length <= FastBits)
            {
                for (int bits = Reverse(code, length); bits < _fast.Length; bits += 1 << length)
                {
                    _fast[bits] = (ushort)((symbol << 4) | length);
                }
            }
        }
    }

    /// <summary>Codes are packed with their first bit lowest.</summary>
    private static int Reverse(int code, int length)
    {
        int reversed = 0;
        for (int i = 0; i < length; i++)
        {
            reversed = (reversed << 1) | ((code >> i) & 1);
        }

        return reversed;
    }
}
