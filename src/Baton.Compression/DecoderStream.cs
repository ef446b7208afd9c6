namespace Baton.Compression;

/// <summary>A decoder as a stream to read from, with an end to what a bomb can make of a few bytes.</summary>
internal sealed class DecoderStream(PackedInput input, IDecoder decoder, long limit) : Stream
{
    private long _produced;
    private bool _ended;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

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
            read = decoder.Read(buffer);
            _ended = read == 0 && !decoder.StartNext();
        }

        _produced += read;
        return _produced <= limit
            ? read
            : throw input.Fault($"more than the {limit} bytes that are allowed come out");
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

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
