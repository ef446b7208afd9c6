using Baton.Bytes;
using Baton.Gathers;
using Baton.Handoffs;
using Baton.Linux.Files;
using Baton.Linux.Kexec;
using Baton.Memory;

namespace Baton.Linux.Gathers;

/// <summary>
/// A handoff's segments in pages that stay where they are, as they are to be handed over. What was streamed into such pages
/// already and what lies in a file system in memory stays there; the rest is read into others.
/// </summary>
public sealed class HeldImage : IDisposable
{
    private const long PageSize = (long)PageMove.PageSize;
    private const int ChunkSize = 1 << 20;

    private readonly PinnedMemory _memory;
    private readonly HeldMemory _held;
    private readonly List<HeldPlace> _places = [];
    private readonly List<FilePages> _inPlace = [];
    private readonly DirectReads? _direct;
    private readonly FileWatches _watches;

    private HeldImage(Handoff handoff, HeldMemory held, PinMethod? method, bool isTight)
    {
        _held = held;
        _direct = isTight ? new DirectReads() : null;
        _watches = new FileWatches(handoff.Segments.SelectMany(segment => FileWatches.FilesOf(segment.Content)));
        _memory = new PinnedMemory(held, method) { MayTakeHugePages = isTight && method is null };
    }

    /// <summary>Bytes that are handed over from where their files lie in memory.</summary>
    public ulong InPlaceBytes { get; private set; }

    /// <summary>Reads a handoff's segments into memory.</summary>
    /// <param name="handoff">The handoff.</param>
    /// <param name="inPlace">The parts that need not be read.</param>
    /// <param name="held">All that this command holds.</param>
    /// <param name="method">How pages are pinned; null for the first way that works.</param>
    /// <param name="isTight">
    /// Whether memory is spared: files are read past the kernel's cache, which is slower for those that are in it, and into
    /// huge pages.
    /// </param>
    /// <param name="progress">Is told the bytes that are there.</param>
    /// <exception cref="InsufficientMemoryException">The machine has not so much to spare; nothing is left of it.</exception>
    /// <exception cref="Bytes.ImageFormatException">A file changed meanwhile.</exception>
    /// <exception cref="SystemCallException">Memory cannot be pinned.</exception>
    public static HeldImage Hold(
        Handoff handoff,
        PartsInPlace inPlace,
        HeldMemory held,
        PinMethod? method,
        bool isTight = false,
        Action<long>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(handoff);
        ArgumentNullException.ThrowIfNull(inPlace);
        HeldImage image = new(handoff, held, method, isTight);
        try
        {
            long done = 0;
            image._memory.Expected = (long)handoff.LoadedBytes - StreamedBytes(handoff) - (long)inPlace.Bytes;
            foreach (Segment segment in handoff.Segments)
            {
                image.Hold(segment, inPlace, bytes => progress?.Invoke(done + bytes));
                done += segment.Content.Length;
            }

            image._watches.ThrowIfChanged();
            return image;
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    /// <summary>The digest of a run of a segment's bytes, over the pages from which it is handed over.</summary>
    /// <param name="start">Where the first byte belongs.</param>
    /// <param name="length">Bytes.</param>
    public string Sha256Of(PhysicalAddress start, long length)
    {
        Sha256 hash = new();
        ulong at = start.Value;
        while (length > 0)
        {
            HeldPlace place = _places.Find(p => at / PageMove.PageSize >= p.Destination
                && at / PageMove.PageSize < p.Destination + p.Pages)!;
            long offset = (long)(at - (place.Destination * PageMove.PageSize));
            long count = Math.Min(length, ((long)place.Pages * PageSize) - offset);
            place.Held.AddTo(hash, place.Offset + offset, count);
            at += (ulong)count;
            length -= count;
        }

        return hash.EndHex();
    }

    /// <summary>Where each page of the segments lies now, and where it belongs.</summary>
    /// <exception cref="IOException">The kernel does not tell.</exception>
    public IReadOnlyList<PageMove> Moves()
    {
        PageMoves moves = new();
        foreach (HeldPlace place in _places)
        {
            place.Held.AddMoves(place.Offset, place.Destination, place.Pages, moves);
        }

        return moves.Moves;
    }

    /// <summary>Demands that nobody has asked to write to a file that is handed over from where it lies.</summary>
    /// <exception cref="ImageFormatException">Somebody has.</exception>
    public void ThrowIfDisputed()
    {
        if (_inPlace.Find(pages => !_watches.AreUndisputed(pages.File)) is { } disputed)
        {
            throw new ImageFormatException(
                ImageError.Changed,
                new ImageLocation(disputed.File.Name, 0, "file"),
                "another process wants to write to the file, which would be handed over from where it lies; try again when it is "
                + "complete");
        }
    }

    public void Dispose()
    {
        _inPlace.ForEach(_held.Release);
        _memory.Dispose();
        _watches.Dispose();
    }

    private void Hold(Segment segment, PartsInPlace inPlace, Action<long> progress)
    {
        long done = 0;
        foreach (ContentPart part in segment.Content.Parts)
        {
            if (part.Source is PinnedSource streamed && part.SourceOffset % PageSize == 0 && part.Offset % PageSize == 0)
            {
                Copy(segment, done, part.Offset, progress);
                done = (part.End + PageSize - 1) / PageSize * PageSize;
                Place(segment, part.Offset, done, streamed.Memory, part.SourceOffset);
            }
            else if (part.Source is FileSource file && inPlace.Contains(part, out long missing) && _watches.HaveLease(file))
            {
                Copy(segment, done, part.Offset, progress);
                done = part.Offset + PartsInPlace.LengthOf(part);
                Place(segment, part.Offset, done, HoldInPlace(file, part, missing), 0);
                progress(done);
            }
        }

        Copy(segment, done, (long)segment.Destination.Length, progress);
    }

    private FilePages HoldInPlace(FileSource file, ContentPart part, long missing)
    {
        if (missing > 0)
        {
            // Pages that are in swap come back, and holes become pages.
            _memory.ThrowIfScarce(missing);
        }

        FilePages pages = FilePages.Map(file, part.SourceOffset, PartsInPlace.LengthOf(part));
        _held.Take(pages);
        _inPlace.Add(pages);
        InPlaceBytes += (ulong)PartsInPlace.LengthOf(part);
        return pages;
    }

    private void Place(Segment segment, long from, long to, IHeldPages held, long offset) => _places.Add(
        new HeldPlace(
            held,
            offset,
            (segment.Destination.Start + (ulong)from).Value / PageMove.PageSize,
            (ulong)((to - from) / PageSize)));

    /// <summary>Reads a part of a segment, whole pages, into pages of our own; behind the content they are zeros.</summary>
    private void Copy(Segment segment, long from, long to, Action<long> progress)
    {
        if (from == to)
        {
            return;
        }

        long start = _memory.Length;
        Place(segment, from, to, _memory, start);
        long end = Math.Min(to, segment.Content.Length);
        for (long done = from; done < end;)
        {
            int length = (int)Math.Min(ChunkSize, end - done);
            _memory.Grow(start + done - from + length - _memory.Length);
            Span<byte> place = _memory.At(start + done - from);
            place = place[..Math.Min(length, place.Length)];
            if (_direct?.TryRead(segment.Content, done, place) != true)
            {
                segment.Content.Read(done, place);
                Forget(segment.Content, done, place.Length);
            }

            done += place.Length;
            progress(done);
        }

        _memory.Grow(start + to - from - _memory.Length);
    }

    private static long StreamedBytes(Handoff handoff) => handoff.Segments
        .SelectMany(segment => segment.Content.Parts)
        .Where(part => part.Source is PinnedSource)
        .Sum(part => (part.Length + PageSize - 1) / PageSize * PageSize);

    /// <summary>The kernel need not keep in its cache what is in our pages now.</summary>
    private static void Forget(SegmentContent content, long offset, int length)
    {
        if (content.PartWith(offset, length) is { Source: FileSource file } part)
        {
            _ = LibC.PosixFAdvise(
                (int)file.Handle.DangerousGetHandle(),
                (nint)(part.SourceOffset + offset - part.Offset),
                length,
                LibC.FAdviseDontNeed);
        }
    }

    /// <summary>Pages that follow each other in memory and where they belong.</summary>
    private sealed record HeldPlace(IHeldPages Held, long Offset, ulong Destination, ulong Pages);
}
