using Baton.Gathers;
using Baton.Handoffs;
using Baton.Linux.Files;
using Baton.Linux.Kexec;

namespace Baton.Linux.Gathers;

/// <summary>
/// A handoff's segments in pinned pages of this process, as they are to be handed over. What was streamed into such
/// pages already stays where it is; the rest is read into others.
/// </summary>
public sealed class HeldImage : IDisposable
{
    private const long PageSize = (long)PageMove.PageSize;
    private const int ChunkSize = 1 << 20;

    private readonly PinnedMemory _memory;
    private readonly Handoff _handoff;
    private readonly List<(PinnedMemory Memory, long Offset)> _places = [];

    private HeldImage(Handoff handoff, PinMethod? method)
    {
        _handoff = handoff;
        _memory = new PinnedMemory(method);
    }

    /// <summary>How the pages are pinned.</summary>
    public PinMethod Method => _memory.Method ?? PinMethod.IoUring;

    /// <summary>Reads a handoff's segments into memory.</summary>
    /// <param name="handoff">The handoff.</param>
    /// <param name="method">How pages are pinned; null for the first way that works.</param>
    /// <param name="progress">Is told the bytes that are there.</param>
    /// <exception cref="InsufficientMemoryException">The machine has not so much to spare; nothing is left of it.</exception>
    /// <exception cref="Bytes.ImageFormatException">A file changed meanwhile.</exception>
    /// <exception cref="SystemCallException">Memory cannot be pinned.</exception>
    public static HeldImage Hold(Handoff handoff, PinMethod? method, Action<long>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(handoff);
        HeldImage image = new(handoff, method);
        try
        {
            using FileWatches watches = new(handoff.Segments.SelectMany(segment => FileWatches.FilesOf(segment.Content)));
            long done = 0;
            image._memory.Expected = (long)handoff.LoadedBytes;
            foreach (Segment segment in handoff.Segments)
            {
                image.Hold(segment, bytes => progress?.Invoke(done + bytes));
                done += segment.Content.Length;
            }

            watches.ThrowIfChanged();
            return image;
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    /// <summary>Where each page of the segments lies now, and where it belongs.</summary>
    /// <exception cref="IOException">The kernel does not tell.</exception>
    public IReadOnlyList<PageMove> Moves()
    {
        PageMoves moves = new();
        for (int i = 0; i < _places.Count; i++)
        {
            ulong pages = _handoff.Segments[i].Destination.Length / PageMove.PageSize;
            ulong destination = _handoff.Segments[i].Destination.Start.Value / PageMove.PageSize;
            _places[i].Memory.AddMoves(_places[i].Offset, destination, pages, moves);
        }

        return moves.Moves;
    }

    public void Dispose() => _memory.Dispose();

    private void Hold(Segment segment, Action<long> progress)
    {
        if (segment.Content.Parts is [{ Offset: 0, Source: PinnedSource streamed } part] && part.SourceOffset % PageSize == 0)
        {
            _places.Add((streamed.Memory, part.SourceOffset));
            _memory.Expected -= (long)segment.Destination.Length;
            return;
        }

        long start = _memory.Length;
        _places.Add((_memory, start));
        Read(segment.Content, start, progress);

        // Behind the content the segment is zeros, as new pages are.
        _memory.Grow(start + (long)segment.Destination.Length - _memory.Length);
    }

    private void Read(SegmentContent content, long start, Action<long> progress)
    {
        for (long done = 0; done < content.Length;)
        {
            int length = (int)Math.Min(ChunkSize, content.Length - done);
            _memory.Grow(start + done + length - _memory.Length);
            Span<byte> place = _memory.At(start + done);
            place = place[..Math.Min(length, place.Length)];
            content.Read(done, place);
            Forget(content, done, place.Length);
            done += place.Length;
            progress(done);
        }
    }

    /// <summary>The kernel need not keep in its cache what is in our pages now.</summary>
    private static void Forget(SegmentContent content, long offset, int length)
    {
        foreach (ContentPart part in content.Parts)
        {
            if (part.Source is FileSource file && part.Offset <= offset && offset + length <= part.End)
            {
                _ = LibC.PosixFAdvise(
                    (int)file.Handle.DangerousGetHandle(),
                    (nint)(part.SourceOffset + offset - part.Offset),
                    length,
                    LibC.FAdviseDontNeed);
            }
        }
    }
}
