using Baton.Bytes;

namespace Baton.Handoffs;

/// <summary>
/// The bytes of a segment without a copy of them: parts of files and arrays at rising offsets, with zeros between
/// them and behind the last.
/// </summary>
public sealed class SegmentContent
{
    /// <exception cref="ArgumentException">Parts overlap, are out of order, or leave their source.</exception>
    public SegmentContent(params IReadOnlyList<ContentPart> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        long end = 0;
        foreach (ContentPart part in parts)
        {
            if (part.Offset < end || part.Length < 0 || part.SourceOffset < 0
                || part.SourceOffset > part.Source.Length - part.Length)
            {
                throw new ArgumentException(
                    $"part of {part.Source.Name} at 0x{part.Offset:x} overlaps the one before it or leaves its source",
                    nameof(parts));
            }

            end = part.End;
        }

        Parts = [.. parts.Select(Resolve)];
        Length = end;
    }

    /// <summary>The parts, in order; a part of a file refers to the file, so that a carrier can map and watch it.</summary>
    public IReadOnlyList<ContentPart> Parts { get; }

    /// <summary>Bytes from the start to the end of the last part: the <c>bufsz</c> of kexec_load(2).</summary>
    public long Length { get; }

    /// <summary>The content that is one small array.</summary>
    public static SegmentContent OfBytes(ReadOnlyMemory<byte> bytes, string name) =>
        new(new ContentPart(0, new ArraySource(bytes, name), 0, bytes.Length));

    /// <summary>A piece of the content as one of its own, without a copy either; shorter where the content ends before.</summary>
    /// <param name="offset">Its first byte.</param>
    /// <param name="length">Bytes.</param>
    public SegmentContent Piece(long offset, long length)
    {
        List<ContentPart> parts = [];
        foreach (ContentPart part in Parts)
        {
            long from = Math.Max(offset, part.Offset);
            long to = Math.Min(offset + length, part.End);
            if (from < to)
            {
                parts.Add(new ContentPart(from - offset, part.Source, part.SourceOffset + (from - part.Offset), to - from));
            }
        }

        return new SegmentContent(parts);
    }

    /// <summary>Reads a piece of the content; what lies between and behind the parts reads as zeros.</summary>
    public void Read(long offset, Span<byte> destination)
    {
        long end = offset + destination.Length;
        int done = 0;
        foreach (ContentPart part in Parts)
        {
            long from = Math.Max(offset, part.Offset);
            long to = Math.Min(end, part.End);
            if (from < to)
            {
                destination[done..(int)(from - offset)].Clear();
                done = (int)(to - offset);
                part.Source.Read(part.SourceOffset + (from - part.Offset), destination[(int)(from - offset)..done]);
            }
        }

        destination[done..].Clear();
    }

    /// <summary>The part that has a whole piece of the content; null where the piece lies in none or in several.</summary>
    public ContentPart? PartWith(long offset, long length)
    {
        foreach (ContentPart part in Parts)
        {
            if (part.Offset <= offset && offset + length <= part.End)
            {
                return part;
            }
        }

        return null;
    }

    private static ContentPart Resolve(ContentPart part)
    {
        while (part.Source is SourceSlice slice)
        {
            part = part with { Source = slice.Whole, SourceOffset = slice.Offset + part.SourceOffset };
        }

        return part;
    }
}
