using Baton.Bytes;

namespace Baton.Compression;

/// <summary>A decoder as a stream to read from, with an end to what a bomb can make of a few bytes.</summary>
internal sealed class DecoderStream(PackedInput input, IDecoder decoder, long limit) : ForwardStream
{
    private long _produced;
    private bool _ended;

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        int read = 0;
        while (read == 0 && !_ended)
        {
            read = decoder.Read(buffer);
            _ended = read == 0 && !decoder.StartNext();
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
            decoder.Dispose();
            input.Dispose();
        }

        base.Dispose(disposing);
    }
}
