using System.Runtime.InteropServices;

namespace Baton.Compression.Native;

/// <summary>LZ4 frames, by liblz4.</summary>
internal sealed unsafe class Lz4FrameDecoder : IDecoder
{
    private readonly PackedInput _input;
    private nint _context;
    private bool _ended;

    public Lz4FrameDecoder(PackedInput input)
    {
        _input = input;
        if (LibLz4.IsError(LibLz4.CreateContext(out _context, LibLz4.FrameVersion)) != 0)
        {
            throw input.Fault("no memory for the decoder");
        }
    }

    public int Read(Span<byte> output)
    {
        while (!_ended)
        {
            bool more = _input.Fill();
            (int consumed, int produced, nuint result) = Step(output);
            if (LibLz4.IsError(result) != 0)
            {
                throw _input.Fault(Marshal.PtrToStringUTF8(LibLz4.GetErrorName(result)) ?? "damaged data");
            }

            _input.Consume(consumed);
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
        // The context is ready for the next frame when one has ended.
        _ended = !_input.AtMagic();
        return !_ended;
    }

    public void Dispose()
    {
        if (_context != 0)
        {
            LibLz4.FreeContext(_context);
            _context = 0;
        }
    }

    private (int Consumed, int Produced, nuint Result) Step(Span<byte> output)
    {
        ReadOnlySpan<byte> available = _input.Available;
        fixed (byte* from = available)
        fixed (byte* to = output)
        {
            nuint consumed = (nuint)available.Length;
            nuint produced = (nuint)output.Length;
            nuint result = LibLz4.Decompress(_context, to, ref produced, from, ref consumed, 0);
            return ((int)consumed, (int)produced, result);
        }
    }
}
