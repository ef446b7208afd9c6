using Baton.Bytes;

namespace Baton.Compression;

/// <summary>Decoders as a stream to read from, one after another, with an end to what a bomb can make of a few bytes.</summary>
/// <param name="input">What they take from.</param>
/// <param name="first">The first; null to ask for it.</param>
/// <param name="next">Gives the decoder of what follows; null for nothing.</param>
/// <param name="limit">The most bytes that may come out.</param>
internal sealed class DecoderStream(PackedInput input, IDecoder? first, Func<IDecoder?> next, long limit) : ForwardStream
{
    private IDecoder? _decoder = first;
    private long _produced;
    private bool _ended;

    public override long Position
    {
        get => _produced;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        int read = 0;
        while (read == 0 && !_ended)
        {
            _decoder ??= next();
            read = _decoder?.Read(buffer) ?? 0;
            _ended = _decoder is null;
            if (read == 0 && _decoder?.StartNext() == false)
            {
                _decoder.Dispose();
                _decoder = null;
            }
        }

        _produced += read;
        return _produced <= limit
            ? read
            : throw input.Fault($"more than the {limit} bytes that are allowed come out");
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _decoder?.Dispose();
            input.Dispose();
        }

        base.Dispose(disposing);
    }
}
