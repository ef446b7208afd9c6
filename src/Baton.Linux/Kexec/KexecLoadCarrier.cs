using Baton.Bytes;
using Baton.Handoffs;
using Baton.Linux.Files;

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
        List<MappedContent> mapped = [];
        List<FileWatch> watches = [];
        try
        {
            foreach (FileSource file in Files(handoff))
            {
                watches.Add(new FileWatch(file));
                ThrowIfChanged(watches[^1], file, "nothing was loaded");
            }

            List<LoadedPiece> pieces = [];
            foreach (Segment segment in handoff.Segments)
            {
                mapped.Add(new MappedContent(segment.Content));
                pieces.Add(new LoadedPiece(mapped[^1].Address, mapped[^1].Length, segment.Destination));
            }

            calls.Load(handoff.Entry, pieces);
            foreach ((FileWatch watch, FileSource file) in watches.Zip(Files(handoff)))
            {
                if (watch.HasChanged)
                {
                    calls.Unload();
                    ThrowIfChanged(watch, file, "the image made of both states has been unloaded; load again");
                }
            }
        }
        finally
        {
            mapped.ForEach(content => content.Dispose());
            watches.ForEach(watch => watch.Dispose());
        }
    }

    private static IEnumerable<FileSource> Files(Handoff handoff) => handoff.Segments
        .SelectMany(segment => segment.Content.Parts)
        .Select(part => part.Source)
        .OfType<FileSource>()
        .Distinct();

    private static void ThrowIfChanged(FileWatch watch, FileSource file, string consequence)
    {
        if (watch.HasChanged)
        {
            throw new ImageFormatException(
                ImageError.Changed,
                new ImageLocation(file.Name, 0, "file"),
                $"the file changed while it was being read; {consequence}");
        }
    }
}
