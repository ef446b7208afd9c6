using Baton.Bytes;
using Baton.Handoffs;
using Baton.Linux.Files;
using Baton.Memory;

namespace Baton.Linux.Kexec;

/// <summary>Gives a planned handoff to kexec_load(2): files are mapped, never read into this process.</summary>
public sealed class KexecLoadCarrier(IKexecCalls calls)
{
    /// <summary>Loads the handoff in place of what was loaded before.</summary>
    /// <exception cref="SystemCallException">The kernel refused; what was loaded before still is.</exception>
    /// <exception cref="ImageFormatException">
    /// <see cref="ImageError.Changed"/>: a file changed. Before the system call nothing has happened; when it was
    /// noticed only afterwards, the mixed image has been unloaded, and the message says so.
    /// </exception>
    public void Load(Handoff handoff)
    {
        ArgumentNullException.ThrowIfNull(handoff);
        Load(handoff.Entry, handoff.Segments);
    }

    /// <inheritdoc cref="Load(Handoff)"/>
    internal void Load(PhysicalAddress entry, IReadOnlyList<Segment> segments)
    {
        using FileWatches watches = new(segments.SelectMany(segment => FileWatches.FilesOf(segment.Content)));
        List<MappedContent> mapped = [];
        try
        {
            List<LoadedPiece> pieces = [];
            foreach (Segment segment in segments)
            {
                mapped.Add(new MappedContent(segment.Content));
                pieces.Add(new LoadedPiece(mapped[^1].Address, mapped[^1].Length, segment.Destination));
            }

            calls.Load(entry, pieces);
            watches.UnloadIfChanged(calls);
        }
        finally
        {
            mapped.ForEach(content => content.Dispose());
        }
    }
}
