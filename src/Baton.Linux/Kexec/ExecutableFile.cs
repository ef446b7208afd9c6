using Baton.Handoffs;

namespace Baton.Linux.Kexec;

/// <summary>A program that refers to files: its bytes, and the mode of the file that they are written to.</summary>
public static class ExecutableFile
{
    private const int ChunkSize = 1 << 20;

    /// <summary>0755.</summary>
    public const UnixFileMode Mode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>Writes a content piece by piece.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="Bytes.ImageFormatException">
    /// <see cref="Bytes.ImageError.Changed"/>: a file that the content refers to changed meanwhile.
    /// </exception>
    public static void Write(SegmentContent content, Stream stream)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentNullException.ThrowIfNull(stream);
        using FileWatches watches = new(FileWatches.FilesOf(content));
        Copy(content, stream);
        watches.ThrowIfChanged();
    }

    private static void Copy(SegmentContent content, Stream stream)
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
