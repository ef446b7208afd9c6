namespace Baton.Bytes;

/// <summary>A part of a source, as a source of its own: a file in an archive, the payload of a kernel.</summary>
public sealed class SourceSlice : IByteSource
{
    /// <param name="source">The whole.</param>
    /// <param name="offset">First byte of the part.</param>
    /// <param name="length">Bytes of the part.</param>
    /// <param name="name">The part's name, for errors.</param>
    /// <exception cref="ImageFormatException"><see cref="ImageError.Truncated"/>: the part leaves the source.</exception>
    public SourceSlice(IByteSource source, long offset, long length, string name)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (offset < 0 || length < 0 || offset > source.Length || length > source.Length - offset)
        {
            throw new ImageFormatException(
                ImageError.Truncated,
                new ImageLocation(source.Name, offset, name),
                $"{length} bytes are needed here, the image has {source.Length} in all");
        }

        Whole = source;
        Offset = offset;
        Length = length;
        Name = name;
    }

    /// <summary>What this is a part of: a carrier that can map the whole can map the part.</summary>
    public IByteSource Whole { get; }

    /// <summary>First byte of the part in the whole.</summary>
    public long Offset { get; }

    public string Name { get; }

    public long Length { get; }

    public void Read(long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > Length || destination.Length > Length - offset)
        {
            throw new ImageFormatException(
                ImageError.Truncated,
                new ImageLocation(Name, offset, "bytes"),
                $"{destination.Length} bytes are needed here, the part has {Length} in all");
        }

        Whole.Read(Offset + offset, destination);
    }
}
