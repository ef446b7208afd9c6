using Baton.Bytes;
using Microsoft.Win32.SafeHandles;

namespace Baton.Linux.Files;

/// <summary>An open file as a source of bytes: read where it is asked for, never as a whole.</summary>
public sealed class FileSource : IByteSource, IDisposable
{
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
    /// <exception cref="IOException">It is not there, is a directory, or cannot be read at offsets (a pipe).</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static FileSource Open(string path)
    {
        if (Directory.Exists(path))
        {
            throw new IOException($"{path}: is a directory; a file is needed");
        }

        SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        try
        {
            return new FileSource(handle, path, RandomAccess.GetLength(handle));
        }
        catch (NotSupportedException e)
        {
            handle.Dispose();
            throw new IOException($"{path}: is a pipe or a device; a file is needed that can be read at any offset", e);
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
