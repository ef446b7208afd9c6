namespace Baton.Bytes;

/// <summary>
/// An image that can be read at any offset without being held in memory: an open file, or an array. Segments refer to
/// sources instead of copying them, so that a carrier can map the file.
/// </summary>
public interface IByteSource
{
    /// <summary>The image's name, for errors.</summary>
    string Name { get; }

    /// <summary>Length in bytes.</summary>
    long Length { get; }

    /// <summary>Fills <paramref name="destination"/> from <paramref name="offset"/>.</summary>
    /// <exception cref="ImageFormatException">
    /// <see cref="ImageError.Truncated"/>: the range is not in the image. <see cref="ImageError.Changed"/>: it was, but
    /// the image has become shorter since it was opened.
    /// </exception>
    void Read(long offset, Span<byte> destination);
}
