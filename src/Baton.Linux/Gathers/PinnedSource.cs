using Baton.Bytes;

namespace Baton.Linux.Gathers;

/// <summary>What was streamed into pinned pages, as a source of bytes.</summary>
/// <param name="memory">The pages; its length does not change any more.</param>
/// <param name="name">Where the bytes came from, for errors.</param>
public sealed class PinnedSource(PinnedMemory memory, string name) : IByteSource
{
    public string Name { get; } = name;

    public long Length => Memory.Length;

    /// <summary>The pages.</summary>
    public PinnedMemory Memory { get; } = memory;

    public void Read(long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > Length || destination.Length > Length - offset)
        {
            throw new ImageFormatException(
                ImageError.Truncated,
                new ImageLocation(Name, offset, "bytes"),
                $"{destination.Length} bytes are needed here, there are {Math.Max(0, Length - Math.Max(0, offset))}");
        }

        while (!destination.IsEmpty)
        {
            ReadOnlySpan<byte> piece = Memory.At(offset);
            piece = piece[..Math.Min(piece.Length, destination.Length)];
            piece.CopyTo(destination);
            offset += piece.Length;
            destination = destination[piece.Length..];
        }
    }
}
