using Baton.Handoffs;
using Baton.Memory;
using Baton.Proofs.Devices;

namespace Baton.Proofs;

/// <summary>What a read of memory gives that nobody has written.</summary>
public enum UnwrittenMemory
{
    /// <summary>Nothing: the read fails.</summary>
    Refuse,

    /// <summary>Zeros: for code that copies or clears memory without caring what is there.</summary>
    Zeros,
}

/// <summary>
/// The memory of a simulated machine. Sparse: a page comes into being when it is touched, and what was loaded is
/// referenced until then, so that a gigabyte of initrd costs nothing. Each byte knows whether anybody has written it.
/// </summary>
public sealed partial class PhysicalMemory
{
    /// <summary>Bytes of a page.</summary>
    public const int PageSize = 4096;

    private readonly Dictionary<ulong, MemoryPage> _pages = [];
    private readonly List<Segment> _loaded = [];
    private readonly List<(PhysicalRange Range, string Reason)> _guards = [];
    private readonly UnwrittenMemory _unwritten;

    /// <param name="ram">Where there is memory.</param>
    /// <param name="unwritten">What a read gives where nobody has written.</param>
    public PhysicalMemory(RangeSet ram, UnwrittenMemory unwritten = UnwrittenMemory.Refuse)
    {
        ArgumentNullException.ThrowIfNull(ram);
        Ram = ram;
        _unwritten = unwritten;
    }

    /// <summary>Where there is memory.</summary>
    public RangeSet Ram { get; }

    /// <summary>Who wrote what; null when nobody wants to know.</summary>
    public WriteLog? Log { get; set; }

    /// <summary>What was loaded, in the order of loading.</summary>
    public IReadOnlyList<Segment> Loaded => _loaded;

    /// <summary>
    /// Puts a segment into memory, zeros behind its content included, by reference: it is read page by page when a
    /// page of it is first touched. Pages that were touched before keep what they have, so load first.
    /// </summary>
    /// <exception cref="MemoryFaultException">A part of the segment is not memory.</exception>
    public void Load(Segment segment)
    {
        ArgumentNullException.ThrowIfNull(segment);
        if (!Ram.Contains(segment.Destination))
        {
            PhysicalRange missing = RangeSet.Of(segment.Destination).Subtract(Ram)[0];
            throw new MemoryFaultException(
                MemoryFault.OutsideMemory, missing.Start, $"segment {segment.Name}: {missing} is not memory");
        }

        _loaded.Add(segment);
    }

    /// <summary>Lets every later write to a range fail.</summary>
    /// <param name="range">Bytes of physical memory.</param>
    /// <param name="reason">What it is still needed for; ends the sentence of the error.</param>
    public void Guard(PhysicalRange range, string reason)
    {
        _guards.Add((range, reason));
        foreach (MemoryPage page in _pages.Values)
        {
            page.IsGuarded |= range.Overlaps(RangeOf(page.Number));
        }
    }

    /// <summary>Lets every later write to a segment fail, but for what the crossing itself writes there.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="writable">What the crossing may write.</param>
    public void Guard(Segment segment, RangeSet writable)
    {
        ArgumentNullException.ThrowIfNull(segment);
        foreach (PhysicalRange range in RangeSet.Of(segment.Destination).Subtract(writable))
        {
            Guard(range, $"the segment {segment.Name}, which the next kernel needs as it is");
        }
    }

    /// <summary>Puts a device in the place of a page, which is not memory then.</summary>
    /// <param name="address">Its first byte; a page boundary.</param>
    /// <param name="device">What answers there.</param>
    public void Attach(ulong address, IMemoryDevice device) =>
        _pages[address / PageSize] = new MemoryPage(address / PageSize, isWritten: true) { IsPartial = true, Device = device };

    /// <summary>The page with a number (physical address divided by the page size).</summary>
    /// <exception cref="MemoryFaultException">No byte of it is memory.</exception>
    public MemoryPage Page(ulong number) => FindPage(number) ?? throw Outside(number * PageSize, PageSize);

    /// <summary>The page with a number, or null where there is no memory.</summary>
    public MemoryPage? FindPage(ulong number)
    {
        if (_pages.TryGetValue(number, out MemoryPage? page))
        {
            return page;
        }

        if (number > ulong.MaxValue / PageSize - 1 || !Ram.Overlaps(RangeOf(number)))
        {
            return null;
        }

        page = MakePage(number);
        _pages.Add(number, page);
        return page;
    }

    /// <summary>Reads 1 to 8 bytes, little-endian, across pages if need be.</summary>
    /// <exception cref="MemoryFaultException">They are not memory, or nobody has written them.</exception>
    public ulong Read(ulong address, int size)
    {
        ulong value = 0;
        for (int i = 0; i < size; i++)
        {
            ulong at = unchecked(address + (ulong)i);
            value |= Read(Page(at / PageSize), (int)(at % PageSize), 1) << (8 * i);
        }

        return value;
    }

    /// <summary>Reads 1, 2, 4 or 8 bytes, little-endian, of one page.</summary>
    /// <exception cref="MemoryFaultException">They are not memory, or nobody has written them.</exception>
    public ulong Read(MemoryPage page, int offset, int size)
    {
        ArgumentNullException.ThrowIfNull(page);
        if (!page.IsPlain)
        {
            if (page.Device is { } device)
            {
                return device.Read(offset, size);
            }

            CheckRead(page, offset, size);
        }

        return page.Peek(offset, size);
    }

    /// <summary>Writes the low 1 to 8 bytes of a value, little-endian, across pages if need be.</summary>
    /// <exception cref="MemoryFaultException">They are not memory, or guarded.</exception>
    public void Write(ulong address, int size, ulong value)
    {
        for (int i = 0; i < size; i++)
        {
            ulong at = unchecked(address + (ulong)i);
            Write(Page(at / PageSize), (int)(at % PageSize), 1, value >> (8 * i));
        }
    }

    /// <summary>Writes the low 1, 2, 4 or 8 bytes of a value, little-endian, to one page.</summary>
    /// <exception cref="MemoryFaultException">They are not memory, or guarded.</exception>
    public void Write(MemoryPage page, int offset, int size, ulong value)
    {
        ArgumentNullException.ThrowIfNull(page);
        if (page.IsGuarded || page.IsPartial)
        {
            if (page.Device is { } device)
            {
                device.Write(offset, size, value);
                return;
            }

            CheckWrite(page, offset, size);
        }

        page.Store(offset, size, value);
        Log?.Add(page.Address + (ulong)offset, size);
    }

    /// <summary>Writes a run of bytes to one page.</summary>
    /// <exception cref="MemoryFaultException">They are not memory, or guarded.</exception>
    public void Write(MemoryPage page, int offset, ReadOnlySpan<byte> bytes)
    {
        ArgumentNullException.ThrowIfNull(page);
        if (page.IsGuarded || page.IsPartial)
        {
            CheckWrite(page, offset, bytes.Length);
        }

        page.Store(offset, bytes);
        Log?.Add(page.Address + (ulong)offset, bytes.Length);
    }

    /// <summary>Fills memory from outside the machine: counts as written, is not logged and not guarded.</summary>
    /// <exception cref="MemoryFaultException">They are not memory.</exception>
    public void Set(ulong address, ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i < bytes.Length;)
        {
            ulong at = address + (ulong)i;
            MemoryPage page = Page(at / PageSize);
            int offset = (int)(at % PageSize);
            int length = Math.Min(bytes.Length - i, PageSize - offset);
            page.Store(offset, bytes.Slice(i, length));
            i += length;
        }
    }

    /// <summary>Reads bytes as they are, without a check: null where there is no memory or nobody has written.</summary>
    public byte? Peek(ulong address) =>
        FindPage(address / PageSize) is { } page && Ram.Contains(new PhysicalAddress(address))
            && page.FirstUnwritten((int)(address % PageSize), 1) is null
            ? page.Bytes[(int)(address % PageSize)]
            : null;

    /// <summary>The first byte of a range that is no memory or that nobody has written; null when there is none.</summary>
    public PhysicalAddress? FirstUnwritten(PhysicalRange range)
    {
        for (ulong at = range.Start.Value; at < range.End.Value;)
        {
            ulong end = Math.Min(range.End.Value, ((at / PageSize) + 1) * PageSize);
            PhysicalRange piece = PhysicalRange.Between(new PhysicalAddress(at), new PhysicalAddress(end));
            if (!Ram.Contains(piece))
            {
                return RangeSet.Of(piece).Subtract(Ram)[0].Start;
            }

            // A page that nobody has touched is as it was loaded; asking it would read a file for nothing.
            if (_pages.TryGetValue(at / PageSize, out MemoryPage? page))
            {
                if (page.FirstUnwritten((int)(at % PageSize), (int)(end - at)) is { } found)
                {
                    return new PhysicalAddress(page.Address + (ulong)found);
                }
            }
            else if (RangeSet.Of(piece).Subtract(_loaded.Select(segment => segment.Destination)) is { Count: > 0 } gaps)
            {
                return gaps[0].Start;
            }

            at = end;
        }

        return null;
    }

    private MemoryPage MakePage(ulong number)
    {
        PhysicalRange range = RangeOf(number);
        bool isLoaded = _loaded.Any(segment => segment.Destination.Contains(range));
        MemoryPage page = new(number, isLoaded || _unwritten == UnwrittenMemory.Zeros)
        {
            IsPartial = !Ram.Contains(range),
            IsGuarded = _guards.Any(guard => guard.Range.Overlaps(range)),
        };
        foreach (Segment segment in _loaded)
        {
            if (segment.Destination.Intersect(range) is { } shared)
            {
                int offset = (int)(shared.Start - range.Start);
                int length = (int)shared.Length;
                segment.Content.Read(
                    (long)(shared.Start - segment.Destination.Start), page.Storage.Slice(offset, length));
                page.MarkWritten(offset, length);
            }
        }

        return page;
    }

    private void CheckRead(MemoryPage page, int offset, int size)
    {
        CheckMemory(page, offset, size);
        if (page.FirstUnwritten(offset, size) is { } found)
        {
            PhysicalAddress address = new(page.Address + (ulong)found);
            throw new MemoryFaultException(
                MemoryFault.Unwritten, address, $"a read of {address}, which nobody has written");
        }
    }

    private void CheckWrite(MemoryPage page, int offset, int size)
    {
        CheckMemory(page, offset, size);
        PhysicalRange range = new(new PhysicalAddress(page.Address + (ulong)offset), (ulong)size);
        foreach ((PhysicalRange guarded, string reason) in _guards)
        {
            if (guarded.Intersect(range) is { } hit)
            {
                throw new MemoryFaultException(
                    MemoryFault.Guarded, hit.Start, $"a write to {range}, and {guarded} is {reason}");
            }
        }
    }

    private void CheckMemory(MemoryPage page, int offset, int size)
    {
        if (page.IsPartial && !Ram.Contains(new PhysicalRange(new PhysicalAddress(page.Address + (ulong)offset), (ulong)size)))
        {
            throw Outside(page.Address + (ulong)offset, size);
        }
    }

    private static MemoryFaultException Outside(ulong address, int size) => new(
        MemoryFault.OutsideMemory,
        new PhysicalAddress(address),
        $"an access to {size} bytes at 0x{address:x}, which is not memory");

    private static PhysicalRange RangeOf(ulong number) => new(new PhysicalAddress(number * PageSize), PageSize);
}
