using System.Runtime.InteropServices;
using Baton.Gathers;
using Baton.Handoffs;
using Baton.Linux.Files;

namespace Baton.Linux.Gathers;

/// <summary>
/// The parts of a handoff that need no copy in this process, because they lie in memory already: whole pages of files in a
/// tmpfs or ramfs, each page once. A part's last bytes, which do not fill a page, are copied.
/// </summary>
public sealed class PartsInPlace
{
    private const long PageSize = (long)PageMove.PageSize;

    /// <summary>Bytes below which a mapping of its own is not worth it.</summary>
    private const long Least = 64 << 10;

    /// <summary>TMPFS_MAGIC and RAMFS_MAGIC of &lt;linux/magic.h&gt;.</summary>
    internal const long Tmpfs = 0x0102_1994;
    internal const long Ramfs = 0x8584_58f6;

    /// <summary>Bytes of page tables for so many bytes of pages: a word for a page.</summary>
    private const ulong TableShare = PageMove.PageSize / sizeof(ulong);

    /// <summary>With the bytes of each that were not in memory.</summary>
    private readonly Dictionary<ContentPart, long> _parts = new(ReferenceEqualityComparer.Instance);

    private PartsInPlace()
    {
    }

    /// <summary>Bytes of all their pages.</summary>
    public ulong Bytes { get; private set; }

    /// <summary>Bytes of these that are in memory now, less what page tables for them will take.</summary>
    public ulong HeldBytes { get; private set; }

    /// <summary>Looks for them.</summary>
    /// <param name="handoff">The handoff.</param>
    /// <param name="method">How pages are to be pinned; where it is not by locking, everything is copied.</param>
    /// <exception cref="SystemCallException">The kernel does not tell how much is in memory.</exception>
    public static PartsInPlace Of(Handoff handoff, PinMethod? method)
    {
        ArgumentNullException.ThrowIfNull(handoff);
        PartsInPlace found = new();
        if (method is not (null or PinMethod.Lock))
        {
            return found;
        }

        Dictionary<FileIdentity, List<(long From, long To)>> used = [];
        foreach (ContentPart part in handoff.Segments.SelectMany(segment => segment.Content.Parts))
        {
            if (part.Source is FileSource file && CanStay(part) && IsInMemory(file) && FileIdentity.Of(file) is { } identity)
            {
                List<(long From, long To)> ranges = CollectionsMarshal.GetValueRefOrAddDefault(used, identity, out _) ??= [];
                long from = part.SourceOffset;
                long to = from + LengthOf(part);
                if (!ranges.Exists(range => range.From < to && from < range.To))
                {
                    ranges.Add((from, to));
                    found.Add(part, file);
                }
            }
        }

        return found;
    }

    /// <summary>Whether a part is one of them.</summary>
    /// <param name="part">A part of the handoff.</param>
    /// <param name="missing">Bytes of it that were not in memory: they are in swap, or holes.</param>
    public bool Contains(ContentPart part, out long missing) => _parts.TryGetValue(part, out missing);

    /// <summary>Bytes of a part that stay where they are: its whole pages.</summary>
    internal static long LengthOf(ContentPart part) => part.Length / PageSize * PageSize;

    private void Add(ContentPart part, FileSource file)
    {
        long length = LengthOf(part);
        using FilePages pages = FilePages.Map(file, part.SourceOffset, length);
        ulong resident = pages.CountResident();
        _parts.Add(part, length - (long)resident);
        Bytes += (ulong)length;
        HeldBytes += resident - (resident / TableShare);
    }

    private static bool CanStay(ContentPart part) =>
        part.Offset % PageSize == 0 && part.SourceOffset % PageSize == 0 && part.Length >= Least;

    private static bool IsInMemory(FileSource file) => LibC.FileSystemOf(file.Handle) is Tmpfs or Ramfs;
}
