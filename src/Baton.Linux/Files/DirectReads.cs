using Baton.Handoffs;

namespace Baton.Linux.Files;

/// <summary>
/// Reads pieces of files straight into memory, past the kernel's cache (O_DIRECT): where memory is scarce, the cache would
/// take some of it for bytes that are read once. Files whose file system does not offer that are read as usual.
/// </summary>
internal sealed unsafe class DirectReads
{
    /// <summary>What offset, length and address must be multiples of on every disk.</summary>
    private const int Block = 4096;

    private readonly HashSet<FileSource> _refused = [];

    /// <summary>Reads a piece that lies in one file.</summary>
    /// <param name="content">What is read from.</param>
    /// <param name="offset">Where the piece begins, in bytes.</param>
    /// <param name="place">Where it goes.</param>
    /// <returns>Whether it has been read; if not, it must be read in the usual way.</returns>
    public bool TryRead(SegmentContent content, long offset, Span<byte> place) =>
        content.PartWith(offset, place.Length) is { Source: FileSource file } part
            && TryRead(file, part.SourceOffset + offset - part.Offset, place);

    private bool TryRead(FileSource file, long offset, Span<byte> place)
    {
        fixed (byte* address = place)
        {
            if (offset % Block != 0 || place.Length % Block != 0 || (nint)address % Block != 0 || _refused.Contains(file))
            {
                return false;
            }
        }

        int handle = (int)file.Handle.DangerousGetHandle();
        int flags = LibC.Fcntl(handle, LibC.FGetFl, 0);
        if (flags < 0 || LibC.Fcntl(handle, LibC.FSetFl, flags | LibC.ODirect) < 0)
        {
            _refused.Add(file);
            return false;
        }

        try
        {
            file.Read(offset, place);
            return true;
        }
        catch (IOException)
        {
            // A real error of the disk comes again when the piece is read in the usual way.
            _refused.Add(file);
            return false;
        }
        finally
        {
            _ = LibC.Fcntl(handle, LibC.FSetFl, flags);
        }
    }
}
