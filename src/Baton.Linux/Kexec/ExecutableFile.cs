using Baton.Handoffs;

namespace Baton.Linux.Kexec;

/// <summary>An executable file that appears under its name when it is whole, and not before.</summary>
public static class ExecutableFile
{
    private const int ChunkSize = 1 << 20;

    private const UnixFileMode Mode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>Writes a content piece by piece, with mode 0755, in place of a file of that name.</summary>
    /// <exception cref="IOException">It cannot be written; a file of that name is what it was.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    /// <exception cref="Bytes.ImageFormatException">
    /// <see cref="Bytes.ImageError.Changed"/>: a file that the content refers to changed meanwhile; as above.
    /// </exception>
    public static void Write(SegmentContent content, string path)
    {
        ArgumentNullException.ThrowIfNull(content);
        using FileWatches watches = new(FileWatches.FilesOf(content));
        string temporary = $"{path}.{Path.GetRandomFileName()}.partial";
        try
        {
            using (FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                Copy(content, stream);
                if (!OperatingSystem.IsWindows())
                {
                    File.SetUnixFileMode(stream.SafeFileHandle, Mode);
                }

                stream.Flush(flushToDisk: true);
            }

            watches.ThrowIfChanged();
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            // After the rename there is nothing under this name.
            File.Delete(temporary);
        }
    }

    private static void Copy(SegmentContent content, FileStream stream)
    {
        byte[] chunk = new byte[ChunkSize];
        for (long offset = 0; offset < content.Length; offset += ChunkSize)
        {
            Span<byte> piece = chunk.AsSpan(0, (int)Math.Min(ChunkSize, content.Length - offset));
            content.Read(offset, piece);
            stream.Write(piece);
        }
    }
}
