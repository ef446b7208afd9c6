namespace Baton.Bytes;

/// <summary>A source as a stream to read from, for what takes streams: decoders and copies.</summary>
public sealed class SourceStream(IByteSource source) : ForwardStream
{
    private long _position;

    public override long Length => source.Length;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        int length = (int)Math.Min(buffer.Length, source.Length - _position);
        source.Read(_position, buffer[..length]);
        _position += length;
        return length;
    }
}
