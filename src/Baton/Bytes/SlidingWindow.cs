namespace Baton.Bytes;

/// <summary>
/// A window that moves over a source: many small reads at rising offsets become few large ones, in constant memory.
/// </summary>
public sealed class SlidingWindow(IByteSource source, int size = 1 << 16)
{
    private readonly byte[] _bytes = new byte[(int)Math.Min(size, source.Length)];
    private long _start;
    private int _length;

    /// <summary>Up to <paramref name="length"/> bytes from <paramref name="offset"/>; fewer at the source's end.</summary>
    /// <param name="offset">Bytes from the start of the source.</param>
    /// <param name="length">At most the window's size. The view is valid until the next call.</param>
    /// <exception cref="ImageFormatException"><see cref="ImageError.Truncated"/>: the offset is behind the end.</exception>
    public ByteView At(long offset, int length)
    {
        if (offset < 0 || offset > source.Length)
        {
            throw new ImageFormatException(
                ImageError.Truncated,
                new ImageLocation(source.Name, offset, "offset"),
                $"the image has only {source.Length} bytes");
        }

        length = (int)Math.Min(length, source.Length - offset);
        if (length > _bytes.Length)
        {
            return source.Window(offset, length);
        }

        if (offset < _start || offset + length > _start + _length)
        {
            _length = 0;
            int room = (int)Math.Min(_bytes.Length, source.Length - offset);
            source.Read(offset, _bytes.AsSpan(0, room));
            _start = offset;
            _length = room;
        }

        return new ByteView(_bytes.AsSpan((int)(offset - _start), length), source.Name, offset);
    }
}
