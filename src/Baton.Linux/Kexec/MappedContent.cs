using System.Runtime.InteropServices;
using Baton.Bytes;
using Baton.Handoffs;
using Baton.Linux.Files;

namespace Baton.Linux.Kexec;

/// <summary>
/// A segment's content as one run of this process's address space. Whole pages of files are mapped, so that they are
/// neither read into the heap nor copied; what is smaller than a page is copied. This process never touches the
/// mapped bytes itself (a file that is cut short would kill it): only the kernel reads them.
/// </summary>
internal sealed unsafe class MappedContent : IUserBuffer
{
    private const long PageSize = 4096;

    private readonly nuint _regionLength;
    private byte* _region;

    /// <exception cref="SystemCallException">There is no address space, or the file cannot be mapped.</exception>
    /// <exception cref="ImageFormatException">A file has become shorter since it was opened.</exception>
    public MappedContent(SegmentContent content)
    {
        Length = (nuint)content.Length;
        long skew = content.Parts.Count > 0 ? Modulo(content.Parts[0].SourceOffset - content.Parts[0].Offset) : 0;
        _regionLength = (nuint)RoundUp(skew + Math.Max(content.Length, 1));
        _region = (byte*)Map(null, _regionLength, LibC.MapPrivate | LibC.MapAnonymous | LibC.MapNoReserve, -1, 0);
        try
        {
            foreach (ContentPart part in content.Parts)
            {
                Place(part, skew);
            }
        }
        catch
        {
            Dispose();
            throw;
        }

        Address = (nint)(_region + skew);
    }

    /// <summary>The content's first byte.</summary>
    public nint Address { get; }

    /// <summary>The content's length in bytes.</summary>
    public nuint Length { get; }

    /// <summary>Always null: whatever fails, fails before the kernel reads.</summary>
    public Exception? Failure => null;

    public void Dispose()
    {
        if (_region is not null)
        {
            _ = LibC.MUnmap(_region, _regionLength);
            _region = null;
        }
    }

    private void Place(ContentPart part, long skew)
    {
        long start = skew + part.Offset;
        bool congruent = Modulo(start - part.SourceOffset) == 0;
        if (part.Source is not FileSource file || !congruent)
        {
            Copy(part, part.Offset, part.End, skew);
            return;
        }

        // Only pages that belong to this part alone are mapped, so that zeros stay zeros around it.
        long firstWhole = RoundUp(start);
        long lastWhole = (start + part.Length) / PageSize * PageSize;
        if (firstWhole >= lastWhole)
        {
            Copy(part, part.Offset, part.End, skew);
            return;
        }

        Copy(part, part.Offset, firstWhole - skew, skew);
        long fileOffset = part.SourceOffset + (firstWhole - start);
        nuint length = (nuint)(lastWhole - firstWhole);
        int descriptor = (int)file.Handle.DangerousGetHandle();
        void* mapped = Map(
            _region + firstWhole, length, LibC.MapPrivate | LibC.MapFixed, descriptor, (nint)fileOffset);
        _ = LibC.MAdvise(mapped, length, LibC.MadvSequential);
        Copy(part, lastWhole - skew, part.End, skew);
    }

    /// <summary>Copies the bytes [from, to) of the content, which lie in one part.</summary>
    private void Copy(ContentPart part, long from, long to, long skew)
    {
        const int Step = 1 << 20;
        for (long at = from; at < to; at += Step)
        {
            int length = (int)Math.Min(Step, to - at);
            part.Source.Read(part.SourceOffset + (at - part.Offset), new Span<byte>(_region + skew + at, length));
        }
    }

    private static void* Map(void* address, nuint length, int flags, int file, nint offset)
    {
        int protection = file < 0 ? LibC.ProtRead | LibC.ProtWrite : LibC.ProtRead;
        void* mapped = LibC.MMap(address, length, protection, flags, file, offset);
        return mapped != LibC.MapFailed
            ? mapped
            : throw SystemCallException.FromLastError($"mmap({length} bytes, fd {file}, offset 0x{offset:x})");
    }

    private static long Modulo(long value) => ((value % PageSize) + PageSize) % PageSize;

    private static long RoundUp(long value) => (value + PageSize - 1) / PageSize * PageSize;
}
