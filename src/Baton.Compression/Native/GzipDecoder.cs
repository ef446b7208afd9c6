using System.Runtime.InteropServices;
using Baton.Bytes;

namespace Baton.Compression.Native;

/// <summary>
/// gzip members, by zlib, checked to their last byte. The base library's GZipStream takes a file that was cut short for
/// a whole one, which must not happen to a kernel.
/// </summary>
internal sealed unsafe class GzipDecoder : IDecoder
{
    /// <summary>zlib compares only the first character: the interface's major version.</summary>
    private const string InterfaceVersion = "1";

    private readonly PackedInput _input;

    // In native memory, because zlib knows the structure by its address between calls.
    private ZStream* _stream;
    private bool _ended;

    public GzipDecoder(PackedInput input)
    {
        _input = input;
        _stream = (ZStream*)NativeMemory.AllocZeroed((nuint)sizeof(ZStream));
        int result;
        try
        {
            result = LibZ.InflateInit(_stream, LibZ.GzipWindow, InterfaceVersion, sizeof(ZStream));
        }
        catch
        {
            Release();
            throw;
        }

        if (result != LibZ.Ok)
        {
            Release();
            throw Fault(result);
        }
    }

    public int Read(Span<byte> output)
    {
        while (!_ended)
        {
            // Without more input there may still be output that found no room before.
            bool more = _input.Fill();
            (int consumed, int produced, int result) = Step(output);
            _input.Consume(consumed);
            _ended = result == LibZ.StreamEnd;
            if (result is not (LibZ.Ok or LibZ.StreamEnd or LibZ.BufferError))
            {
                throw Fault(result);
            }

            if (produced > 0)
            {
                return produced;
            }

            if (!more && !_ended)
            {
                throw _input.Truncated();
            }
        }

        return 0;
    }

    public bool StartNext()
    {
        if (!_input.AtMagic())
        {
            return false;
        }

        _ended = LibZ.InflateReset(_stream) != LibZ.Ok;
        return !_ended;
    }

    public void Dispose()
    {
        if (_stream != null)
        {
            _ = LibZ.InflateEnd(_stream);
            Release();
        }
    }

    private void Release()
    {
        NativeMemory.Free(_stream);
        _stream = null;
    }

    private (int Consumed, int Produced, int Result) Step(Span<byte> output)
    {
        ReadOnlySpan<byte> available = _input.Available;
        fixed (byte* from = available)
        fixed (byte* to = output)
        {
            _stream->NextIn = from;
            _stream->AvailIn = (uint)available.Length;
            _stream->NextOut = to;
            _stream->AvailOut = (uint)output.Length;
            int result = LibZ.Inflate(_stream, LibZ.NoFlush);
            return (available.Length - (int)_stream->AvailIn, output.Length - (int)_stream->AvailOut, result);
        }
    }

    private ImageFormatException Fault(int result)
    {
        string? message = _stream == null ? null : Marshal.PtrToStringUTF8((nint)_stream->Message);
        return _input.Fault(result switch
        {
            LibZ.DataError => message ?? "the data are damaged",
            LibZ.NeedDictionary => "a preset dictionary is needed, which gzip does not have",
            LibZ.MemoryError => "no memory for the decoder",
            _ => $"zlib failed with code {result}",
        });
    }
}
