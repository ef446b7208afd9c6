using Baton.Bytes;
using Baton.Handoffs;

namespace Baton.Cli;

/// <summary>What must have a digest that the user gave: one of the initrds, or the disk.</summary>
/// <param name="Segment">The name of the segment that it is in.</param>
/// <param name="Content">The segment's content.</param>
/// <param name="Name">The file's name, or where it came from.</param>
/// <param name="Offset">Its first byte in the content.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Digest">The SHA-256 that it must have, in lower case.</param>
internal sealed record DigestedPiece(
    string Segment, SegmentContent Content, string Name, long Offset, long Length, string Digest)
{
    /// <summary>The digest that it has, read from where it came from.</summary>
    public string Found()
    {
        Sha256 hash = new();
        foreach (ContentPart part in Content.Piece(Offset, Length).Parts)
        {
            hash.Add(part.Source, part.SourceOffset, part.Length);
        }

        return hash.EndHex();
    }
}
