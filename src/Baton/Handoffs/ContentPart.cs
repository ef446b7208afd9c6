using Baton.Bytes;

namespace Baton.Handoffs;

/// <summary>A run of bytes of a segment, by reference to where they come from.</summary>
/// <param name="Offset">Bytes from the start of the segment.</param>
/// <param name="Source">The file or array.</param>
/// <param name="SourceOffset">First byte in the source.</param>
/// <param name="Length">Number of bytes.</param>
public sealed record ContentPart(long Offset, IByteSource Source, long SourceOffset, long Length)
{
    /// <summary>Bytes from the start of the segment to the end of the part.</summary>
    public long End => Offset + Length;
}
