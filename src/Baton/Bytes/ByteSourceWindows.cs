namespace Baton.Bytes;

/// <summary>Windows onto a source: the only way in which a parser gets bytes of something that may be large.</summary>
public static class ByteSourceWindows
{
    /// <summary>
    /// Reads up to <paramref name="length"/> bytes from <paramref name="offset"/>; fewer where the source ends first,
    /// so that a parser's own bounds check names the field that is missing.
    /// </summary>
    /// <exception cref="ImageFormatException"><see cref="ImageError.Truncated"/>: the offset is behind the end.</exception>
    public static ByteView Window(this IByteSource source, long offset, int length)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (offset < 0 || offset > source.Length)
        {
            throw new ImageFormatException(
                ImageError.Truncated,
                new ImageLocation(source.Name, offset, "offset"),
                $"the image has only {source.Length} bytes");
        }

        byte[] window = new byte[(int)Math.Min(length, source.Length - offset)];
        source.Read(offset, window);
        return new ByteView(window, source.Name, offset);
    }

    /// <summary>Reads the whole source. For what is known to be small.</summary>
    /// <param name="source">The source.</param>
    /// <param name="limit">The most bytes to read; a longer source is an error.</param>
    /// <exception cref="ImageFormatException"><see cref="ImageError.OutOfRange"/>: longer than the limit.</exception>
    public static byte[] ReadAll(this IByteSource source, int limit)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (source.Length > limit)
        {
            throw new ImageFormatException(
                ImageError.OutOfRange,
                new ImageLocation(source.Name, 0, "length"),
                $"{source.Length} bytes are more than the {limit} that can be read at once");
        }

        byte[] bytes = new byte[(int)source.Length];
        source.Read(0, bytes);
        return bytes;
    }
}
