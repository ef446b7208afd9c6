using Baton.Bytes;
using Baton.Gathers;
using Microsoft.Win32.SafeHandles;

namespace Baton.Linux.Gathers;

/// <summary>
/// Memory that grows as data arrive, in pages that stay where they are. It is taken in steps, and each step only when
/// the machine has it to spare: the out-of-memory killer must never have a reason.
/// </summary>
public sealed unsafe class PinnedMemory : IHeldPages, IDisposable
{
    /// <summary>Bytes of the steps in which memory is taken where it is not known how much will be needed.</summary>
    /// <remarks>The kernel notes 16 bytes for each pinned page, in a power of two: 8 MiB would take 64 KiB, twice this.</remarks>
    public const long Step = 6 << 20;

    private const long PageSize = (long)PageMove.PageSize;

    /// <summary>Bytes of the steps where it is known.</summary>
    /// <remarks>The kernel notes 16 bytes for each pinned page, in a power of two: 64 MiB would take half a MiB.</remarks>
    private const long LongStep = 62 << 20;

    private readonly HeldMemory _held;
    private readonly List<PinnedRegion> _regions = [];
    private readonly List<long> _starts = [];
    private readonly RegionTaker _taker;
    private long _capacity;

    /// <param name="held">All that this command holds.</param>
    /// <param name="method">How pages are pinned; null for the first way that works.</param>
    /// <param name="available">Tells how many bytes can be had when so many are wanted; tests have their own.</param>
    public PinnedMemory(HeldMemory held, PinMethod? method = null, Func<ulong, ulong>? available = null)
    {
        _held = held;
        _taker = new RegionTaker(held, method, available ?? AvailableMemory.ReadFor);
    }

    /// <summary>
    /// Whether huge pages are taken first where memory is scarce: one of 2 MiB takes 40 KiB less of notes, page tables and pins
    /// than the small ones do.
    /// </summary>
    public bool MayTakeHugePages
    {
        get => _taker.MayTakeHugePages;
        init => _taker.MayTakeHugePages = value;
    }

    /// <summary>Bytes in use.</summary>
    public long Length { get; private set; }

    /// <summary>Bytes that will be in use in the end, as far as is known: fewer and longer steps lead there.</summary>
    public long Expected { get; set; }

    /// <summary>Bytes that can be filled without taking more memory.</summary>
    public long Room => _capacity - Length;

    /// <summary>Adds bytes.</summary>
    /// <exception cref="InsufficientMemoryException">The machine has no more to spare.</exception>
    /// <exception cref="SystemCallException">It cannot be pinned.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            Span<byte> next = Next(bytes.Length);
            bytes[..next.Length].CopyTo(next);
            bytes = bytes[next.Length..];
        }
    }

    /// <summary>Makes the memory longer; what is new is zeros.</summary>
    /// <param name="bytes">How many more are in use then.</param>
    /// <exception cref="InsufficientMemoryException">The machine has not so much to spare; nothing has changed.</exception>
    /// <exception cref="SystemCallException">It cannot be pinned.</exception>
    public void Grow(long bytes)
    {
        while (_capacity < Length + bytes)
        {
            long missing = RoundUp(Math.Max(Expected, Length + bytes) - _capacity);
            Take(Math.Min(missing, LongStep));
        }

        Length += bytes;
    }

    /// <summary>The next bytes to be filled, at most as many as are asked for; they count as used from now on.</summary>
    /// <exception cref="InsufficientMemoryException">The machine has no more to spare.</exception>
    /// <exception cref="SystemCallException">It cannot be pinned.</exception>
    public Span<byte> Next(int bytes)
    {
        if (_capacity == Length)
        {
            Take(Expected > _capacity ? Math.Min(RoundUp(Expected - _capacity), LongStep) : NextStep());
        }

        Span<byte> next = At(Length);
        next = next[..Math.Min(bytes, next.Length)];
        Length += next.Length;
        return next;
    }

    /// <summary>Gives back bytes of the end that were not filled after all.</summary>
    public void Shorten(int bytes) => Length -= bytes;

    /// <summary>
    /// Nothing comes any more: clears what follows the last byte in its page, which goes over with it, and gives back what was
    /// taken for more.
    /// </summary>
    /// <exception cref="SystemCallException">What is left cannot be pinned.</exception>
    public void Finish()
    {
        long page = Length % PageSize;
        if (page > 0)
        {
            At(Length)[..(int)(PageSize - page)].Clear();
        }

        if (_regions.Count > 0 && Length > _starts[^1])
        {
            _held.Shorten(_regions[^1], Length - _starts[^1]);
            _capacity = _starts[^1] + _regions[^1].Length;
        }
    }

    /// <summary>Gives the memory before an offset back, as far as whole regions lie there; it cannot be read any more.</summary>
    public void ReleaseBefore(long offset)
    {
        for (int i = 0; i < _regions.Count && _starts[i] + _regions[i].Length <= offset; i++)
        {
            _held.Release(_regions[i]);
        }
    }

    /// <summary>The bytes from an offset up to the end of the region that it is in.</summary>
    /// <exception cref="InsufficientMemoryException">All that was held has been given back.</exception>
    public Span<byte> At(long offset)
    {
        _held.ThrowIfGivenBack();
        int region = RegionOf(offset);
        long inside = offset - _starts[region];
        return new Span<byte>(_regions[region].Address + inside, (int)(_regions[region].Length - inside));
    }

    /// <summary>Adds where pages lie and where they belong.</summary>
    /// <param name="offset">The first page's offset; a multiple of the page size.</param>
    /// <param name="destination">Where it belongs, as a number.</param>
    /// <param name="pages">How many; those that are not in the memory yet count as well if they have been taken.</param>
    /// <param name="moves">Where they are added.</param>
    /// <exception cref="IOException">The kernel does not tell where pages are.</exception>
    public void AddMoves(long offset, ulong destination, ulong pages, PageMoves moves)
    {
        ArgumentNullException.ThrowIfNull(moves);
        using SafeFileHandle file = System.IO.File.OpenHandle(PageMap.File);
        while (pages > 0)
        {
            int region = RegionOf(offset);
            long inside = offset - _starts[region];
            ulong here = Math.Min(pages, (ulong)((_regions[region].Length - inside) / PageSize));
            PageMap.Read(file, (nuint)(_regions[region].Address + inside), here, destination, moves);
            offset += (long)here * PageSize;
            destination += here;
            pages -= here;
        }
    }

    /// <summary>Demands that the machine has so much to spare.</summary>
    /// <param name="bytes">What is to be taken.</param>
    /// <exception cref="InsufficientMemoryException">It has not.</exception>
    public void ThrowIfScarce(long bytes) => _taker.ThrowIfScarce(bytes, Length);

    void IHeldPages.AddTo(Sha256 hash, long offset, long length)
    {
        while (length > 0)
        {
            ReadOnlySpan<byte> bytes = At(offset);
            bytes = bytes[..(int)Math.Min(bytes.Length, length)];
            hash.Add(bytes);
            offset += bytes.Length;
            length -= bytes.Length;
        }
    }

    public void Dispose()
    {
        _regions.ForEach(_held.Release);
        _regions.Clear();
    }

    /// <summary>Each region costs an open file, so they get longer with what is there, while there is more than enough.</summary>
    private long NextStep() => _taker.IsAmple ? Math.Clamp(RoundUp(_capacity / 8), Step, LongStep) : Step;

    private void Take(long bytes)
    {
        PinnedRegion region = _taker.Take(bytes, Length, Math.Max(0, Expected - _capacity));
        _starts.Add(_capacity);
        _regions.Add(region);
        _capacity += region.Length;
    }

    private int RegionOf(long offset)
    {
        int found = _starts.BinarySearch(offset);
        return found >= 0 ? found : ~found - 1;
    }

    private static long RoundUp(long bytes) => (bytes + PageSize - 1) / PageSize * PageSize;
}
