using System.Buffers.Binary;
using Baton.Bytes;

namespace Baton.Compression.Gzip;

/// <summary>
/// gzip members, checked to their last byte. The base library's GZipStream takes a file that was cut short for a whole
/// one, which must not happen to a kernel. Specification: RFC 1952.
/// </summary>
internal sealed class GzipDecoder : IDecoder
{
    private const int HeaderCrc = 1 << 1;
    private const int Extra = 1 << 2;
    private const int FileName = 1 << 3;
    private const int Comment = 1 << 4;
    private const int ReservedFlags = 0xe0;

    private readonly PackedInput _input;
    private Inflater _inflater;
    private Crc32 _crc;
    private uint _length;
    private bool _ended;

    public GzipDecoder(PackedInput input)
    {
        _input = input;
        _inflater = new Inflater(input);
        ReadHeader();
    }

    public int Read(Span<byte> output)
    {
        if (_ended)
        {
            return 0;
        }

        int read = _inflater.Read(output);
        _crc.Add(output[..read]);

        // ISIZE is the length modulo 2^32.
        _length = unchecked(_length + (uint)read);
        if (read == 0)
        {
            ReadTrailer();
        }

        return read;
    }

    public bool StartNext()
    {
        if (!_input.AtMagic())
        {
            return false;
        }

        _inflater = new Inflater(_input);
        _crc = default;
        _length = 0;
        _ended = false;
        ReadHeader();
        return true;
    }

    public void Dispose()
    {
    }

    private void ReadHeader()
    {
        if (!_input.Fill(10))
        {
            throw _input.Truncated();
        }

        if (!_input.AtMagic())
        {
            throw _input.Fault("no gzip header here");
        }

        int flags = _input.Available[3];
        if ((flags & ReservedFlags) != 0)
        {
            throw _input.Fault($"found the flags 0x{flags:x}, expected none of 0x{ReservedFlags:x}");
        }

        _input.Consume(10);
        if ((flags & Extra) != 0)
        {
            int length = _input.Take() | (_input.Take() << 8);
            Skip(length);
        }

        for (int flag = FileName; flag <= Comment; flag <<= 1)
        {
            while ((flags & flag) != 0 && _input.Take() != 0)
            {
            }
        }

        Skip((flags & HeaderCrc) != 0 ? 2 : 0);
    }

    private void Skip(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _input.Take();
        }
    }

    private void ReadTrailer()
    {
        Span<byte> trailer = stackalloc byte[8];
        _input.Take(trailer);
        uint crc = BinaryPrimitives.ReadUInt32LittleEndian(trailer);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..]);
        if (crc != _crc.Value || length != _length)
        {
            throw _input.Fault(
                $"the trailer says {length} bytes with CRC 0x{crc:x8}, "
                + $"{_length} bytes with CRC 0x{_crc.Value:x8} came out");
        }

        _ended = true;
    }
}
