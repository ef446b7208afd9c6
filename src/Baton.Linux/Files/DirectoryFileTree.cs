using Baton.Bytes;

namespace Baton.Linux.Files;

/// <summary>
/// The files below a directory: the running system from <c>/</c>, or an unpacked machine record. Files are read until
/// their end, because those of proc and sysfs do not tell their size.
/// </summary>
public sealed class DirectoryFileTree : IFileTree
{
    private const int ChunkSize = 16 << 10;

    private readonly string _root;
    private readonly bool _confined;

    // One for all files: most have a few bytes, and a new one for each would cost more than reading them.
    private byte[]? _chunk;

    /// <param name="root">The directory. Links lead where they would if it were the system's root.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    public DirectoryFileTree(string root)
    {
        if (!Directory.Exists(root))
        {
            throw new DirectoryNotFoundException($"{root}: no such directory");
        }

        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        _confined = _root != "/";
        Name = root;
    }

    public string Name { get; }

    public TreeFile Read(string path)
    {
        try
        {
            if (Locate(path) is not { } full)
            {
                return TreeFile.Absent;
            }

            // Many of the files that are asked for are not there, and an exception costs more than all of this. Who is
            // not privileged may be denied the look itself, which only the open below tells from absence.
            if (Environment.IsPrivilegedProcess && !Path.Exists(full))
            {
                return TreeFile.Absent;
            }

            using FileStream file = new(full, new FileStreamOptions
            {
                Access = FileAccess.Read,
                Share = FileShare.ReadWrite | FileShare.Delete,
                BufferSize = 0,
            });
            return new TreeFile(TreeFileState.Present, ReadToEnd(file, path));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return TreeFile.Absent;
        }
        catch (Exception e) when (e is UnauthorizedAccessException)
        {
            return Directory.Exists(Path.Join(_root, path)) ? TreeFile.Absent : TreeFile.Denied;
        }
        catch (IOException)
        {
            // A file of sysfs may answer any errno when it is read: there is nothing to be had from it.
            return TreeFile.Denied;
        }
    }

    public IReadOnlyList<string> List(string path)
    {
        try
        {
            return Locate(path) is not { } full ? [] :
            [
                .. Directory.EnumerateFileSystemEntries(full)
                    .Select(entry => Path.GetFileName(entry))
                    .Order(StringComparer.Ordinal),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private ReadOnlyMemory<byte> ReadToEnd(FileStream file, string path)
    {
        byte[] chunk = _chunk ??= new byte[ChunkSize];
        using MemoryStream bytes = new();
        while (file.Read(chunk) is > 0 and int count)
        {
            if (bytes.Length + count > FileLimits.FileBytes)
            {
                throw new ImageFormatException(
                    ImageError.OutOfRange,
                    new ImageLocation(Path.Join(_root, path), bytes.Length, "length"),
                    $"more than {FileLimits.FileBytes} bytes");
            }

            bytes.Write(chunk, 0, count);
        }

        return bytes.ToArray();
    }

    /// <summary>The file's path on this system; null when its links go in circles.</summary>
    private string? Locate(string path) => _confined ? RootedPath.Resolve(_root, path) : Path.Join(_root, path);
}
