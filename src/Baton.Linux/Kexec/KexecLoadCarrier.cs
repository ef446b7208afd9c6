using System.Runtime.ExceptionServices;
using Baton.Bytes;
using Baton.Handoffs;
using Baton.Linux.Files;
using Baton.Linux.Gathers;
using Baton.Memory;

namespace Baton.Linux.Kexec;

/// <summary>
/// Gives a planned handoff to kexec_load(2): files are mapped, never read into this process; or what is large is fed piece
/// by piece, so that no more than a piece of it is there at a time.
/// </summary>
/// <param name="calls">The system calls.</param>
/// <param name="isFed">Whether it is fed.</param>
/// <param name="say">Is told when it cannot be.</param>
public sealed class KexecLoadCarrier(IKexecCalls calls, bool isFed = false, Action<string>? say = null)
{
    /// <summary>Smaller contents are not worth a thread.</summary>
    private const long LargeContent = 4 << 20;

    /// <summary>Loads the handoff in place of what was loaded before.</summary>
    /// <exception cref="SystemCallException">The kernel refused; what was loaded before still is.</exception>
    /// <exception cref="ImageFormatException">
    /// <see cref="ImageError.Changed"/>: a file changed. Before the system call nothing has happened; when it was
    /// noticed only afterwards, the mixed image has been unloaded, and the message says so.
    /// </exception>
    public void Load(Handoff handoff)
    {
        ArgumentNullException.ThrowIfNull(handoff);
        Load(handoff.Entry, handoff.Segments);
    }

    /// <inheritdoc cref="Load(Handoff)"/>
    internal void Load(PhysicalAddress entry, IReadOnlyList<Segment> segments)
    {
        using FileWatches watches = new(segments.SelectMany(segment => FileWatches.FilesOf(segment.Content)));
        List<IUserBuffer> mapped = [];
        try
        {
            List<LoadedPiece> pieces = [];
            foreach (Segment segment in segments)
            {
                mapped.Add(Buffer(segment.Content));
                pieces.Add(new LoadedPiece(mapped[^1].Address, mapped[^1].Length, segment.Destination));
            }

            try
            {
                calls.Load(entry, pieces);
            }
            catch (SystemCallException) when (mapped.Find(buffer => buffer.Failure is not null) is { Failure: { } cause })
            {
                ExceptionDispatchInfo.Throw(cause);
            }

            watches.UnloadIfChanged(calls);
        }
        finally
        {
            mapped.ForEach(content => content.Dispose());
        }
    }

    private IUserBuffer Buffer(SegmentContent content)
    {
        if (!isFed || content.Length < LargeContent)
        {
            return new MappedContent(content);
        }

        try
        {
            return new FedContent(content);
        }
        catch (SystemCallException e)
        {
            say?.Invoke($"no userfaultfd ({e.Errno}), so the files are mapped, and what was streamed is copied once more");
            ThrowIfScarce(content);
            return new MappedContent(content);
        }
    }

    /// <summary>What is copied is there three times then: as it came, as the copy, and in the kernel's own pages.</summary>
    private static void ThrowIfScarce(SegmentContent content)
    {
        ulong copied = (ulong)content.Parts.Where(part => part.Source is not FileSource).Sum(part => part.Length);
        ulong wanted = copied == 0 ? 0 : copied + Preflight.LoadPeak((ulong)content.Length);
        if (AvailableMemory.ReadFor(wanted) is var available && available < wanted)
        {
            throw new InsufficientMemoryException(
                $"nothing was loaded: without userfaultfd(2) a stream is copied, which takes {wanted >> 20} MiB more, and "
                + $"{available >> 20} MiB can be had; give a file, or use \"baton run\", which hands over what it holds");
        }
    }
}
