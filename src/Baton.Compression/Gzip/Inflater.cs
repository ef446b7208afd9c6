namespace Baton.Compression.Gzip;

/// <summary>Unpacks one deflate stream. Specification: RFC 1951.</summary>
internal sealed class Inflater(PackedInput input)
{
    private const int WindowSize = 1 << 15;
    private const int EndOfBlock = 256;

    private static readonly HuffmanTable FixedLiterals = MakeFixedLiterals();
    private static readonly HuffmanTable FixedDistances = MakeFixedDistances();

    private static ReadOnlySpan<byte> CodeLengthOrder =>
        [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

    private static ReadOnlySpan<ushort> LengthBase =>
    [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258,
    ];

    private static ReadOnlySpan<byte> LengthExtra =>
        [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];

    private static ReadOnlySpan<ushort> DistanceBase =>
    [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
        6145, 8193, 12289, 16385, 24577,
    ];

    private readonly byte[] _window = new byte[WindowSize];
    private long _written;
    private ulong _bits;
    private int _bitCount;
    private State _state;
    private bool _last;
    private int _copyLength;
    private int _copyDistance;
    private HuffmanTable _literals = FixedLiterals;
    private HuffmanTable _distances = FixedDistances;

    private enum State
    {
        BlockStart,
        Stored,
        Coded,
        End,
    }

    /// <summary>Unpacks some bytes; 0 at the end, with the input right behind the stream's last byte.</summary>
    public int Read(Span<byte> output)
    {
        int produced = 0;
        while (produced < output.Length && _state != State.End)
        {
            produced += _state switch
            {
                State.Stored => CopyStored(output[produced..]),
                State.Coded => Decode(output[produced..]),
                _ => StartBlock(),
            };
        }

        return produced;
    }

    private int StartBlock()
    {
        if (_last)
        {
            // The bits that are left fill up the last byte; NeedBits has read no whole byte ahead.
            _state = State.End;
            return 0;
        }

        _last = Bits(1) != 0;
        switch (Bits(2))
        {
            case 0:
                StartStored();
                break;
            case 1:
                _literals = FixedLiterals;
                _distances = FixedDistances;
                _state = State.Coded;
                break;
            case 2:
                ReadCodes();
                _state = State.Coded;
                break;
            default:
                throw input.Fault("a block is of the reserved type 3");
        }

        return 0;
    }

    private void StartStored()
    {
        _bits >>= _bitCount & 7;
        _bitCount -= _bitCount & 7;
        uint length = Bits(16);
        uint complement = Bits(16);
        if ((length ^ complement) != 0xffff)
        {
            throw input.Fault($"the length 0x{length:x} of a stored block and 0x{complement:x} are no complements");
        }

        _copyLength = (int)length;
        _state = State.Stored;
    }

    private int CopyStored(Span<byte> output)
    {
        int produced = 0;
        while (produced < output.Length && _copyLength > 0)
        {
            output[produced++] = Put((byte)Bits(8));
            _copyLength--;
        }

        if (_copyLength == 0)
        {
            _state = State.BlockStart;
        }

        return produced;
    }

    private int Decode(Span<byte> output)
    {
        int produced = 0;
        while (produced < output.Length)
        {
            if (_copyLength > 0)
            {
                output[produced++] = Put(_window[(int)((_written - _copyDistance) & (WindowSize - 1))]);
                _copyLength--;
                continue;
            }

            int symbol = Symbol(_literals);
            if (symbol < EndOfBlock)
            {
                output[produced++] = Put((byte)symbol);
            }
            else if (symbol == EndOfBlock)
            {
                _state = State.BlockStart;
                break;
            }
            else
            {
                StartCopy(symbol - EndOfBlock - 1);
            }
        }

        return produced;
    }

    private void StartCopy(int code)
    {
        if (code >= LengthBase.Length)
        {
            throw input.Fault($"the length code {code + EndOfBlock + 1} does not exist");
        }

        _copyLength = LengthBase[code] + (int)Bits(LengthExtra[code]);
        int distance = Symbol(_distances);
        if (distance >= DistanceBase.Length)
        {
            throw input.Fault($"the distance code {distance} does not exist");
        }

        _copyDistance = DistanceBase[distance] + (int)Bits(Math.Max(0, (distance >> 1) - 1));
        if (_copyDistance > _written)
        {
            throw input.Fault($"a distance of {_copyDistance} leads before the start, {_written} bytes back");
        }
    }

    private void ReadCodes()
    {
        int literals = (int)Bits(5) + 257;
        int distances = (int)Bits(5) + 1;
        int lengths = (int)Bits(4) + 4;
        if (literals > 286 || distances > 30)
        {
            throw input.Fault($"{literals} literal and {distances} distance codes, expected at most 286 and 30");
        }

        Span<byte> codeLengths = stackalloc byte[19];
        codeLengths.Clear();
        for (int i = 0; i < lengths; i++)
        {
            codeLengths[CodeLengthOrder[i]] = (byte)Bits(3);
        }

        HuffmanTable table = Table(codeLengths, mayBeIncomplete: false);
        Span<byte> all = stackalloc byte[286 + 30];
        all = all[..(literals + distances)];
        for (int i = 0; i < all.Length;)
        {
            int symbol = Symbol(table);
            if (symbol < 16)
            {
                all[i++] = (byte)symbol;
                continue;
            }

            if (symbol == 16 && i == 0)
            {
                throw input.Fault("the first code length repeats one before it");
            }

            (byte value, int count) = symbol switch
            {
                16 => (all[i - 1], 3 + (int)Bits(2)),
                17 => ((byte)0, 3 + (int)Bits(3)),
                _ => ((byte)0, 11 + (int)Bits(7)),
            };
            if (count > all.Length - i)
            {
                throw input.Fault("more code lengths than there are codes");
            }

            all.Slice(i, count).Fill(value);
            i += count;
        }

        if (all[EndOfBlock] == 0)
        {
            throw input.Fault("a block has no code for its own end");
        }

        _literals = Table(all[..literals], mayBeIncomplete: true);
        _distances = Table(all[literals..], mayBeIncomplete: true);
    }

    private HuffmanTable Table(ReadOnlySpan<byte> lengths, bool mayBeIncomplete) =>
        HuffmanTable.Create(lengths, mayBeIncomplete)
        ?? throw input.Fault("code lengths that make no Huffman code");

    private byte Put(byte value)
    {
        _window[(int)(_written & (WindowSize - 1))] = value;
        _written++;
        return value;
    }

    private int Symbol(HuffmanTable table)
    {
        // Near the end of the input there may be fewer than 15 bits; the code may be shorter too.
        while (true)
        {
            uint bits = unchecked((uint)_bits);
            int found = table.Fast(bits);
            if (found == 0)
            {
                found = table.Slow(bits);
            }

            int length = found & 15;
            if (found != 0 && length <= _bitCount)
            {
                _bits >>= length;
                _bitCount -= length;
                return found >> 4;
            }

            if (_bitCount >= 15)
            {
                throw input.Fault("bits that are no code");
            }

            NeedBits(_bitCount + 1);
        }
    }

    private uint Bits(int count)
    {
        NeedBits(count);
        uint value = unchecked((uint)_bits) & ((1u << count) - 1);
        _bits >>= count;
        _bitCount -= count;
        return value;
    }

    /// <summary>Reads byte by byte, so that never a whole byte is taken that the stream does not need.</summary>
    private void NeedBits(int count)
    {
        while (_bitCount < count)
        {
            _bits |= (ulong)input.Take() << _bitCount;
            _bitCount += 8;
        }
    }

    private static HuffmanTable MakeFixedLiterals()
    {
        byte[] lengths = new byte[288];
        lengths.AsSpan(0, 144).Fill(8);
        lengths.AsSpan(144, 112).Fill(9);
        lengths.AsSpan(256, 24).Fill(7);
        lengths.AsSpan(280, 8).Fill(8);
        return HuffmanTable.Create(lengths, mayBeIncomplete: false)!;
    }

    private static HuffmanTable MakeFixedDistances()
    {
        byte[] lengths = new byte[32];
        lengths.AsSpan().Fill(5);
        return HuffmanTable.Create(lengths, mayBeIncomplete: false)!;
    }
}
