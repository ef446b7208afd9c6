using System.Runtime.InteropServices;

namespace Baton.Compression.Native;

/// <summary>zstd, by libzstd.</summary>
internal sealed unsafe class ZstdDecoder : IDecoder
{
    /// <summary>The largest window, 2^27 bytes: what <c>zstd -22 --ultra</c> uses, with which kernels are packed.</summary>
    private const int WindowLog = 27;

    private readonly PackedInput _input;
    private nint _stream;
    private bool _ended;

    public ZstdDecoder(PackedInput input)
    {
        _input = input;
        _stream = LibZstd.CreateDStream();
        if (_stream == 0)
        {
            throw input.Fault("no memory for the decoder");
        }

        LibZstd.SetParameter(_stream, LibZstd.WindowLogMax, WindowLog);
    }

    public int Read(Span<byte> output)
    {
        while (!_ended)
        {
            bool more = _input.Fill();
            (int consumed, int produced, nuint result) = Step(output);
            _input.Consume(consumed);
            if (LibZstd.IsError(result) != 0)
            {
                throw _input.Fault(Marshal.PtrToStringUTF8(LibZstd.GetErrorName(result)) ?? "damaged data");
            }

            _ended = result == 0;
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
        // The decoder is ready for the next frame when one has ended.
        _ended = !_input.AtMagic();
        return !_ended;
    }

    public void Dispose()
    {
        if (_stream != 0)
        {
            LibZstd.FreeDStream(_stream);
            _stream = 0;
        }
    }

    private (int Consumed, int Produced, nuint Result) Step(Span<byte> output)
    {
        ReadOnlySpan<byte> available = _input.Available;
        fixed (byte* from = available)
        fixed (byte* to = output)
        {
            ZstdBuffer source = new() { Bytes = from, Size = (nuint)available.Length };
            ZstdBuffer target = new() { Bytes = to, Size = (nuint)output.Length };
            nuint result = LibZstd.DecompressStream(_stream, ref target, ref source);
            return ((int)source.Position, (int)target.Position, result);
        }
    }
}
