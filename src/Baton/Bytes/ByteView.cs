namespace Baton.Bytes;

/// <summary>A bounds-checked window onto an image that remembers where it came from.</summary>
/// <param name="bytes">The bytes of the window.</param>
/// <param name="source">The image's name, for errors.</param>
/// <param name="origin">Offset of the window's first byte in the image, in bytes.</param>
public readonly ref struct ByteView(ReadOnlySpan<byte> bytes, string source, long origin = 0)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Length of the window in bytes.</summary>
    public int Length => _bytes.Length;

    /// <summary>The image's name, for errors.</summary>
    public string Source { get; } = source;

    /// <summary>Offset of the window's first byte in the image, in bytes.</summary>
    public long Origin { get; } = origin;

    /// <summary>All bytes of the window.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The only bounds check of a parser: every read goes through here.</summary>
    /// <exception cref="ImageFormatException"><see cref="ImageError.Truncated"/>: the range is not in the window.</exception>
    public ReadOnlySpan<byte> Take(long offset, long length, string field)
    {
        if (offset < 0 || length < 0 || offset > _bytes.Length || length > _bytes.Length - offset)
        {
            long available = Math.Max(0, _bytes.Length - Math.Max(0, offset));
            throw Fault(
                ImageError.Truncated, offset, field, $"{length} bytes are needed here, the image has {available}");
        }

        return _bytes.Slice((int)offset, (int)length);
    }

    /// <summary>A window onto a part of this one.</summary>
    /// <exception cref="ImageFormatException"><see cref="ImageError.Truncated"/>: the range is not in the window.</exception>
    public ByteView Slice(long offset, long length, string field) =>
        new(Take(offset, length, field), Source, Origin + offset);

    /// <summary>Makes the exception for a defect at <paramref name="offset"/> of this window.</summary>
    public ImageFormatException Fault(ImageError error, long offset, string field, string problem) =>
        new(error, new ImageLocation(Source, unchecked(Origin + offset), field), problem);
}
