using Baton.Bytes;
using Baton.Handoffs;
using Baton.Linux.Files;

namespace Baton.Linux.Kexec;

/// <summary>The files of one load, watched from before the system call until behind it.</summary>
internal sealed class FileWatches : IDisposable
{
    private readonly List<(FileSource File, FileWatch Watch)> _watches = [];

    /// <exception cref="ImageFormatException">
    /// <see cref="ImageError.Changed"/>: a file has changed since it was opened, or somebody has it open for writing.
    /// </exception>
    public FileWatches(IEnumerable<FileSource> files)
    {
        try
        {
            foreach (FileSource file in files.Distinct())
            {
                FileWatch watch = new(file);
                _watches.Add((file, watch));
                if (watch.HasChanged)
                {
                    throw Changed(file, "nothing has happened yet, try again");
                }
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The files that a content refers to.</summary>
    public static IEnumerable<FileSource> FilesOf(SegmentContent content) =>
        content.Parts.Select(part => part.Source).OfType<FileSource>();

    /// <summary>Whether writers are kept away from a file; if not, a change can only be noticed.</summary>
    public bool HaveLease(FileSource file) => _watches.Exists(watched => watched.File == file && watched.Watch.HasLease);

    /// <summary>Whether that is so and nobody has asked to write to it since.</summary>
    public bool AreUndisputed(FileSource file) =>
        _watches.Exists(watched => watched.File == file && watched.Watch.IsUndisputed);

    /// <summary>Unloads what has just been loaded if a file changed under it: a mixed image must not be jumped to.</summary>
    /// <exception cref="ImageFormatException"><see cref="ImageError.Changed"/>: it did, and it has been unloaded.</exception>
    public void UnloadIfChanged(IKexecCalls calls)
    {
        foreach ((FileSource file, FileWatch watch) in _watches)
        {
            if (watch.HasChanged)
            {
                calls.Unload();
                throw Changed(file, "the image made of both states has been unloaded; load again");
            }
        }
    }

    /// <summary>Demands that no file has changed up to now.</summary>
    /// <exception cref="ImageFormatException"><see cref="ImageError.Changed"/>: one has.</exception>
    public void ThrowIfChanged()
    {
        foreach ((FileSource file, FileWatch watch) in _watches)
        {
            if (watch.HasChanged)
            {
                throw Changed(file, "try again");
            }
        }
    }

    public void Dispose() => _watches.ForEach(watched => watched.Watch.Dispose());

    private static ImageFormatException Changed(FileSource file, string consequence) => new(
        ImageError.Changed,
        new ImageLocation(file.Name, 0, "file"),
        $"the file changed while it was being read; {consequence}");
}
