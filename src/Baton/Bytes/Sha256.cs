using System.Buffers.Binary;
using System.Numerics;

namespace Baton.Bytes;

/// <summary>
/// SHA-256 (FIPS 180-4), over data as they come. Our own, because the base library's needs a library that a static
/// binary cannot load.
/// </summary>
public sealed class Sha256
{
    /// <summary>Bytes of a digest.</summary>
    public const int DigestSize = 32;

    private const int BlockSize = 64;

    /// <summary>Bytes that are read of a source at a time.</summary>
    private const int ChunkSize = 1 << 20;

    /// <summary>Section 4.2.2: the fractions of the cube roots of the first 64 primes, 32 bits each.</summary>
    private static readonly uint[] RoundConstants =
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    private readonly uint[] _state =
        [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

    private readonly byte[] _partial = new byte[BlockSize];
    private readonly uint[] _schedule = new uint[BlockSize];
    private long _length;

    /// <summary>The digest of some bytes, in lower-case hexadecimal digits.</summary>
    public static string HexOf(ReadOnlySpan<byte> bytes)
    {
        Sha256 hash = new();
        hash.Add(bytes);
        return hash.EndHex();
    }

    /// <summary>Adds bytes.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        int held = (int)(_length % BlockSize);
        _length += bytes.Length;
        if (held > 0)
        {
            int count = Math.Min(BlockSize - held, bytes.Length);
            bytes[..count].CopyTo(_partial.AsSpan(held));
            bytes = bytes[count..];
            if (held + count < BlockSize)
            {
                return;
            }

            Mix(_partial);
        }

        for (; bytes.Length >= BlockSize; bytes = bytes[BlockSize..])
        {
            Mix(bytes);
        }

        bytes.CopyTo(_partial);
    }

    /// <summary>Adds bytes of a source.</summary>
    /// <param name="source">The source.</param>
    /// <param name="offset">The first byte.</param>
    /// <param name="length">Bytes.</param>
    /// <exception cref="ImageFormatException">The source has not so many.</exception>
    public void Add(IByteSource source, long offset, long length)
    {
        ArgumentNullException.ThrowIfNull(source);
        byte[] bytes = new byte[Math.Min(ChunkSize, length)];
        for (long done = 0; done < length;)
        {
            Span<byte> piece = bytes.AsSpan(0, (int)Math.Min(bytes.Length, length - done));
            source.Read(offset + done, piece);
            Add(piece);
            done += piece.Length;
        }
    }

    /// <summary>The digest in lower-case hexadecimal digits; nothing can be added afterwards.</summary>
    public string EndHex()
    {
        ulong bits = (ulong)_length * 8;
        int padding = BlockSize - (int)((_length + 1 + sizeof(ulong)) % BlockSize);
        byte[] end = new byte[1 + (padding % BlockSize) + sizeof(ulong)];
        end[0] = 0x80;
        BinaryPrimitives.WriteUInt64BigEndian(end.AsSpan(end.Length - sizeof(ulong)), bits);
        Add(end);
        byte[] digest = new byte[DigestSize];
        for (int i = 0; i < _state.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(digest.AsSpan(i * sizeof(uint)), _state[i]);
        }

        return Convert.ToHexStringLower(digest);
    }

    /// <summary>Section 6.2.2. All sums are modulo 2^32.</summary>
    private void Mix(ReadOnlySpan<byte> block)
    {
        unchecked
        {
            uint[] w = _schedule;
            for (int i = 0; i < 16; i++)
            {
                w[i] = BinaryPrimitives.ReadUInt32BigEndian(block[(i * sizeof(uint))..]);
            }

            for (int i = 16; i < BlockSize; i++)
            {
                uint x = w[i - 15];
                uint y = w[i - 2];
                w[i] = w[i - 16] + w[i - 7]
                    + (BitOperations.RotateRight(x, 7) ^ BitOperations.RotateRight(x, 18) ^ (x >> 3))
                    + (BitOperations.RotateRight(y, 17) ^ BitOperations.RotateRight(y, 19) ^ (y >> 10));
            }

            (uint a, uint b, uint c, uint d) = (_state[0], _state[1], _state[2], _state[3]);
            (uint e, uint f, uint g, uint h) = (_state[4], _state[5], _state[6], _state[7]);
            for (int i = 0; i < BlockSize; i++)
            {
                uint first = h + ((e & f) ^ (~e & g)) + RoundConstants[i] + w[i]
                    + (BitOperations.RotateRight(e, 6) ^ BitOperations.RotateRight(e, 11) ^ BitOperations.RotateRight(e, 25));
                uint second = ((a & b) ^ (a & c) ^ (b & c))
                    + (BitOperations.RotateRight(a, 2) ^ BitOperations.RotateRight(a, 13) ^ BitOperations.RotateRight(a, 22));
                (h, g, f, e, d, c, b, a) = (g, f, e, d + first, c, b, a, first + second);
            }

            _state[0] += a;
            _state[1] += b;
            _state[2] += c;
            _state[3] += d;
            _state[4] += e;
            _state[5] += f;
            _state[6] += g;
            _state[7] += h;
        }
    }
}
