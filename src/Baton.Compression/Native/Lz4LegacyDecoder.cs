using System.Buffers.Binary;
using Baton.Formats.Compression;

namespace Baton.Compression.Native;

/// <summary>
/// The legacy LZ4 format, the one that Linux unpacks: a magic number, then blocks of up to 8 MiB, each after its
/// packed size. Nothing marks the end. Specification: lz4_Frame_format.md, "Legacy frame".
/// </summary>
internal sealed unsafe class Lz4LegacyDecoder : IDecoder
{
    private readonly PackedInput _input;
    private byte[] _packed = [];
    private byte[] _block = [];
    private int _start;
    private int _end;
    private bool _short;

    public Lz4LegacyDecoder(PackedInput input)
    {
        _input = input;
        TakeMagic();
    }

    public int Read(Span<byte> output)
    {
        if (_start == _end && !ReadBlock())
        {
            return 0;
        }

        int count = Math.Min(output.Length, _end - _start);
        _block.AsSpan(_start, count).CopyTo(output);
        _start += count;
        return count;
    }

    public bool StartNext()
    {
        if (!_input.AtMagic())
        {
            return false;
        }

        TakeMagic();
        return true;
    }

    public void Dispose()
    {
    }

    private void TakeMagic()
    {
        if (!_input.Fill(sizeof(uint)))
        {
            throw _input.Truncated();
        }

        if (!_input.AtMagic())
        {
            throw _input.Fault("no magic number here");
        }

        _input.Consume(sizeof(uint));
        _short = false;
    }

    private bool ReadBlock()
    {
        // Zeros are what an initrd is padded with.
        if (_input.AtMagic() || !_input.Fill() || AtZeros() || (_short && AtTrailer()))
        {
            return false;
        }

        Span<byte> header = stackalloc byte[sizeof(uint)];
        _input.Take(header);
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(header);
        if (size > Lz4Legacy.LongestPackedBlock)
        {
            throw _input.Fault(
                $"a block of 0x{size:x} packed bytes, expected at most 0x{Lz4Legacy.LongestPackedBlock:x}");
        }

        TakePacked((int)size);
        // A packed byte stands for at most 255 others, so that small blocks need little room.
        int room = (int)Math.Min(Lz4Legacy.BlockSize, size * 255L);
        if (_block.Length < room)
        {
            _block = new byte[room];
        }

        fixed (byte* from = _packed)
        fixed (byte* to = _block)
        {
            _end = LibLz4.DecompressSafe(from, to, (int)size, _block.Length);
        }

        _start = 0;
        if (_end <= 0)
        {
            _end = 0;
            throw _input.Fault("a block is damaged");
        }

        _short = _end < Lz4Legacy.BlockSize;
        return true;
    }

    /// <summary>Room is made as the bytes come, so that a size that is a lie costs nothing.</summary>
    private void TakePacked(int size)
    {
        for (int taken = 0; taken < size;)
        {
            if (taken == _packed.Length)
            {
                Array.Resize(ref _packed, Math.Min(size, Math.Max(1 << 16, _packed.Length * 2)));
            }

            int part = Math.Min(size, _packed.Length) - taken;
            _input.Take(_packed.AsSpan(taken, part));
            taken += part;
        }
    }

    /// <summary>
    /// Most streams end with a short block, but blocks may be short anywhere. The end is where no block fits any more, as into
    /// the four bytes of the size that a kernel's build appends, and where none begins.
    /// </summary>
    private bool AtTrailer() =>
        !_input.Fill(sizeof(uint) + 1)
        || BinaryPrimitives.ReadUInt32LittleEndian(_input.Available) > Lz4Legacy.LongestPackedBlock;

    private bool AtZeros() =>
        _input.Fill(sizeof(uint)) && _input.Available[..sizeof(uint)].IndexOfAnyExcept((byte)0) < 0;
}
