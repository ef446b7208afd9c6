using System.Runtime.InteropServices;
using Baton.Bytes;
using Baton.Formats.Compression;

namespace Baton.Compression.Native;

/// <summary>xz and lzma, by liblzma.</summary>
internal sealed unsafe class LzmaDecoder : IDecoder
{
    /// <summary>Memory for the dictionary: kernels are packed with up to 128 MiB of it.</summary>
    private const ulong MemoryLimit = 256 << 20;

    private readonly PackedInput _input;
    private readonly CompressionKind _kind;

    // In native memory, because liblzma knows the structure by its address between calls.
    private LzmaStream* _stream;
    private bool _ended;

    public LzmaDecoder(PackedInput input, CompressionKind kind)
    {
        _input = input;
        _kind = kind;
        _stream = (LzmaStream*)NativeMemory.AllocZeroed((nuint)sizeof(LzmaStream));
        try
        {
            Start();
        }
        catch
        {
            NativeMemory.Free(_stream);
            _stream = null;
            throw;
        }
    }

    public int Read(Span<byte> output)
    {
        while (!_ended)
        {
            bool more = _input.Fill();
            (int consumed, int produced, int result) = Step(output, more ? LibLzma.Run : LibLzma.Finish);
            _input.Consume(consumed);
            _ended = result == LibLzma.StreamEnd;
            if (result == LibLzma.BufError && !more)
            {
                throw _input.Truncated();
            }

            if (result is not (LibLzma.Ok or LibLzma.StreamEnd or LibLzma.BufError))
            {
                throw Fault(result);
            }

            if (produced > 0)
            {
                return produced;
            }

            if (!more && !_ended && consumed == 0)
            {
                throw _input.Truncated();
            }
        }

        return 0;
    }

    public bool StartNext()
    {
        // Streams of the .xz format may be followed by zeros, in fours.
        while (_kind == CompressionKind.Xz && _input.Fill(4) && _input.Available[..4].IndexOfAnyExcept((byte)0) < 0)
        {
            _input.Consume(4);
        }

        if (_kind != CompressionKind.Xz || !_input.AtMagic())
        {
            return false;
        }

        LibLzma.End(_stream);
        Start();
        _ended = false;
        return true;
    }

    public void Dispose()
    {
        if (_stream != null)
        {
            LibLzma.End(_stream);
            NativeMemory.Free(_stream);
            _stream = null;
        }
    }

    private void Start()
    {
        int result = _kind == CompressionKind.Xz
            ? LibLzma.StreamDecoder(_stream, MemoryLimit, 0)
            : LibLzma.AloneDecoder(_stream, MemoryLimit);
        if (result != LibLzma.Ok)
        {
            throw Fault(result);
        }
    }

    private (int Consumed, int Produced, int Result) Step(Span<byte> output, int action)
    {
        ReadOnlySpan<byte> available = _input.Available;
        fixed (byte* from = available)
        fixed (byte* to = output)
        {
            _stream->NextIn = from;
            _stream->AvailIn = (nuint)available.Length;
            _stream->NextOut = to;
            _stream->AvailOut = (nuint)output.Length;
            int result = LibLzma.Code(_stream, action);
            return (available.Length - (int)_stream->AvailIn, output.Length - (int)_stream->AvailOut, result);
        }
    }

    private ImageFormatException Fault(int result) => _input.Fault(result switch
    {
        LibLzma.UnsupportedCheck => "a kind of checksum that liblzma does not know",
        LibLzma.MemError => "no memory for the decoder",
        LibLzma.MemlimitError => $"the dictionary needs more than {MemoryLimit >> 20} MiB",
        LibLzma.FormatError => "not in this format",
        LibLzma.OptionsError => "options that liblzma does not know",
        LibLzma.DataError => "the data are damaged",
        _ => $"liblzma failed with code {result}",
    });
}
