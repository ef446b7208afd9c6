namespace Baton.Linux.Files;

/// <summary>
/// A file that appears under its name when it is whole, and not before: it is written beside its place and renamed. A rename
/// would also put it in place of a device, or of a file that is being read, so that what is there is looked at first.
/// </summary>
public sealed class WholeFile
{
    private readonly string _path;
    private readonly UnixFileMode? _modeBefore;

    private WholeFile(string path, bool exists)
    {
        _path = path;
        Exists = exists;
        if (exists && !OperatingSystem.IsWindows())
        {
            _modeBefore = File.GetUnixFileMode(path);
        }
    }

    /// <summary>Whether there is a file of that name, which would be replaced.</summary>
    public bool Exists { get; }

    /// <summary>Looks whether a file can be put there; a link is not followed, since anybody may have made it.</summary>
    /// <param name="path">Its name.</param>
    /// <param name="inputs">What is read to make it; names of streams and what is not there are passed over.</param>
    /// <exception cref="IOException">Something else is there than a file, or an input is; without its name.</exception>
    public static WholeFile At(string path, IEnumerable<string> inputs)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(inputs);
        FileStatus status = FileStatus.Of(path, followsLink: false);
        if (status.Kind == FileKind.SymbolicLink)
        {
            throw new IOException(
                $"it is a symbolic link to {new FileInfo(path).LinkTarget}; give the name of a file, or remove the link");
        }

        if (status.Kind is not (FileKind.Regular or FileKind.Absent or FileKind.Unknown))
        {
            throw new IOException($"it is {status.Words}; give the name of a file, old or new");
        }

        if (status.Identity is { } identity
            && inputs.FirstOrDefault(input => FileStatus.Of(input, followsLink: true).Identity == identity) is { } same)
        {
            throw new IOException($"it is {same}, which is read to make it; give another name");
        }

        return new WholeFile(path, status.Kind != FileKind.Absent && File.Exists(path));
    }

    /// <summary>Writes the file, its bytes on the disk before its name.</summary>
    /// <param name="write">Writes the bytes; when it throws, what was there is what it was.</param>
    /// <param name="mayReplace">Whether a file of that name is replaced.</param>
    /// <param name="mode">Its mode; null for the replaced file's, or a new file's.</param>
    /// <exception cref="IOException">It cannot be written; what was there is what it was.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public void Write(Action<Stream> write, bool mayReplace, UnixFileMode? mode)
    {
        ArgumentNullException.ThrowIfNull(write);
        string temporary = $"{_path}.{Path.GetRandomFileName()}.partial";
        try
        {
            using (FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                write(stream);
                if ((mode ?? _modeBefore) is { } wanted && !OperatingSystem.IsWindows())
                {
                    File.SetUnixFileMode(stream.SafeFileHandle, wanted);
                }

                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, _path, mayReplace);
        }
        finally
        {
            // After the rename there is nothing under this name.
            File.Delete(temporary);
        }
    }
}
