using Baton.Bytes;
using Microsoft.Win32.SafeHandles;

namespace Baton.Linux.Files;

/// <summary>An open file as a source of bytes: read where it is asked for, never as a whole.</summary>
public sealed class FileSource : IByteSource, IDisposable
{
    /// <summary>PROC_SUPER_MAGIC of &lt;linux/magic.h&gt;.</summary>
    internal const long Proc = 0x9fa0;

    private FileSource(SafeFileHandle handle, string name, long length)
    {
        Handle = handle;
        Name = name;
        Length = length;
        Written = File.GetLastWriteTimeUtc(handle);
    }

    public string Name { get; }

    /// <summary>Length in bytes when the file was opened.</summary>
    public long Length { get; }

    /// <summary>When the file had last been written to when it was opened (UTC).</summary>
    public DateTime Written { get; }

    /// <summary>The open file, for system calls that take one.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Opens a file for reading.</summary>
    /// <exception cref="IOException">It is not there, or no regular file, which can be read at any offset.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static FileSource Open(string path)
    {
        if (path is null or "")
        {
            throw new FileNotFoundException("an empty name; the name of a file is needed");
        }

        // Asked before it is opened: to open a pipe is to wait for somebody at its other end.
        FileStatus status = FileStatus.Of(path, followsLink: true);
        if (status.Kind is not (FileKind.Regular or FileKind.Absent or FileKind.Unknown))
        {
            throw new IOException($"{path}: is {status.Words}; a file is needed that can be read at any offset");
        }

        SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        try
        {
            long length = RandomAccess.GetLength(handle);
            return length > 0 || LibC.FileSystemOf(handle) != Proc
                ? new FileSource(handle, path, length)
                : throw new IOException($"{path}: is a file of /proc, which does not tell its length; give a copy of it");
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    public void Read(long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > Length || destination.Length > Length - offset)
        {
            throw new ImageFormatException(
                ImageError.Truncated,
                new ImageLocation(Name, offset, "bytes"),
                $"{destination.Length} bytes are needed here, the file has {Math.Max(0, Length - Math.Max(0, offset))}");
        }

        while (!destination.IsEmpty)
        {
            int read = RandomAccess.Read(Handle, destination, offset);
            if (read == 0)
            {
                throw new ImageFormatException(
                    ImageError.Changed,
                    new ImageLocation(Name, offset, "bytes"),
                    $"the file ends here, it had {Length} bytes when it was opened");
            }

            offset += read;
            destination = destination[read..];
        }
    }

    public void Dispose() => Handle.Dispose();
}
