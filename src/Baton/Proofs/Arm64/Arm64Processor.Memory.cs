using System.Runtime.CompilerServices;

namespace Baton.Proofs.Arm64;

/// <summary>Data accesses: addresses, translation, alignment, and what the caches may hide.</summary>
public sealed partial class Arm64Processor
{
    private const int TlbBits = 9;
    private const int TlbEntries = 1 << TlbBits;

    private readonly TranslationWalker _walker;
    private readonly TlbEntry[] _tlb = new TlbEntry[TlbEntries];
    private TranslationRegime _regime;

    /// <summary>One translated page of data.</summary>
    private struct TlbEntry
    {
        /// <summary>The page of virtual addresses, plus one: zero is an empty entry.</summary>
        public ulong Tag;
        public MemoryPage Page;
        public CachePage Cache;
        public Translation Translation;

        /// <summary>The lines that an access by this way must not touch.</summary>
        public readonly ulong Hidden => Translation.IsCacheable ? Cache.Behind : Cache.Dirty;
    }

    /// <summary>Translates an address as the next instruction would, without a trace in any state.</summary>
    public Arm64Walk Translate(ulong address, Arm64Access access = Arm64Access.Read)
    {
        List<string> lines = [];
        try
        {
            Translation translation = _walker.Translate(_regime, address, out TranslationFault? fault, lines);
            fault ??= Forbids(translation, access, address);
            return fault is { } found
                ? new(null, found.Reason, lines)
                : new((translation.Page << PageBits) | (address & PageMask), null, lines);
        }
        catch (Exception e) when (e is StaleTableException or NotSupportedException or MemoryFaultException)
        {
            return new(null, e.Message, lines);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong LineOf(ulong address) => 1UL << (int)(address >> 6 & 63);

    /// <summary>Distances that are powers of two are common: they must not share an entry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int TlbIndex(ulong address) =>
        (int)(((address >> PageBits) ^ (address >> (PageBits + TlbBits)) ^ (address >> (PageBits + (2 * TlbBits))))
            & (TlbEntries - 1));

    private ulong ReadData(ulong address, int sizeLog2)
    {
        ref TlbEntry entry = ref _tlb[TlbIndex(address)];
        int offset = (int)(address & PageMask);
        if (entry.Tag == (address >> PageBits) + 1 && (address & ((1UL << sizeLog2) - 1)) == 0 && entry.Page.IsPlain
            && entry.Hidden == 0 && entry.Translation.IsReadable)
        {
            return entry.Page.Peek(offset, 1 << sizeLog2);
        }

        return ReadSlowly(address, 1 << sizeLog2);
    }

    private void WriteData(ulong address, int sizeLog2, ulong value)
    {
        ref TlbEntry entry = ref _tlb[TlbIndex(address)];
        if (entry.Tag == (address >> PageBits) + 1 && (address & ((1UL << sizeLog2) - 1)) == 0
            && entry.Translation.IsWritable)
        {
            WriteInPage(ref entry, address, 1 << sizeLog2, value);
            return;
        }

        WriteSlowly(address, 1 << sizeLog2, value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong ReadSlowly(ulong address, int size)
    {
        CheckAlignment(address, size, isWrite: false);
        ref TlbEntry first = ref Entry(address, Arm64Access.Read, 0);
        bool isUnaligned = (address & (ulong)(size - 1)) != 0;
        if (isUnaligned)
        {
            CheckDevice(ref first, address, size, isWrite: false);
        }

        int inFirst = (int)Math.Min((ulong)size, PhysicalMemory.PageSize - (address & PageMask));
        ulong value = ReadInPage(ref first, address, inFirst);
        if (inFirst < size)
        {
            ulong rest = unchecked(address + (ulong)inFirst);
            ref TlbEntry second = ref Entry(rest, Arm64Access.Read, 0);
            CheckDevice(ref second, address, size, isWrite: false);
            value |= ReadInPage(ref second, rest, size - inFirst) << (8 * inFirst);
        }

        return value;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteSlowly(ulong address, int size, ulong value)
    {
        CheckAlignment(address, size, isWrite: true);
        ref TlbEntry first = ref Entry(address, Arm64Access.Write, SyndromeIsWrite);
        if ((address & (ulong)(size - 1)) != 0)
        {
            CheckDevice(ref first, address, size, isWrite: true);
        }

        int inFirst = (int)Math.Min((ulong)size, PhysicalMemory.PageSize - (address & PageMask));
        if (inFirst < size)
        {
            ulong rest = unchecked(address + (ulong)inFirst);
            ref TlbEntry second = ref Entry(rest, Arm64Access.Write, SyndromeIsWrite);
            CheckDevice(ref second, address, size, isWrite: true);
            WriteInPage(ref first, address, inFirst, value);
            WriteInPage(ref second, rest, size - inFirst, value >> (8 * inFirst));
            return;
        }

        WriteInPage(ref first, address, size, value);
    }

    /// <summary>Reads 1 to 8 bytes of a page.</summary>
    private ulong ReadInPage(ref TlbEntry entry, ulong address, int size)
    {
        int offset = (int)(address & PageMask);
        CheckLines(ref entry, address, size, isWrite: false);
        if (size is 1 or 2 or 4 or 8)
        {
            return Memory.Read(entry.Page, offset, size);
        }

        ulong value = 0;
        for (int i = 0; i < size; i++)
        {
            value |= Memory.Read(entry.Page, offset + i, 1) << (8 * i);
        }

        return value;
    }

    /// <summary>Writes 1 to 8 bytes of a page.</summary>
    private void WriteInPage(ref TlbEntry entry, ulong address, int size, ulong value)
    {
        int offset = (int)(address & PageMask);
        if (entry.Hidden != 0)
        {
            CheckLines(ref entry, address, size, isWrite: true);
        }

        if (size is 1 or 2 or 4 or 8)
        {
            Memory.Write(entry.Page, offset, size, value);
        }
        else
        {
            for (int i = 0; i < size; i++)
            {
                Memory.Write(entry.Page, offset + i, 1, value >> (8 * i));
            }
        }

        ulong lines = LineOf(address) | LineOf(unchecked(address + (ulong)size - 1));
        if (entry.Translation.IsCacheable)
        {
            entry.Cache.WriteThroughCache(lines);
        }
        else
        {
            entry.Cache.WriteAroundCache(lines);
        }
    }

    /// <summary>Refuses an access that may see, or be lost to, what the cache holds.</summary>
    private void CheckLines(ref TlbEntry entry, ulong address, int size, bool isWrite)
    {
        ulong hidden = entry.Hidden;
        ulong last = unchecked(address + (ulong)size - 1);
        if ((hidden & (LineOf(address) | LineOf(last))) == 0)
        {
            return;
        }

        ulong at = (hidden & LineOf(address)) != 0 ? address : last;
        ulong line = (entry.Page.Address | (at & PageMask)) & ~(ulong)(CacheModel.LineSize - 1);
        string how = !_regime.IsOn ? "with the MMU off" : "around the cache";
        throw new Arm64FaultException(
            Arm64FaultCause.StaleData,
            entry.Translation.IsCacheable
                ? $"line 0x{line:x} was written around the cache and not invalidated in it before it is "
                    + $"{(isWrite ? "written" : "read")} through the cache"
                : $"line 0x{line:x} is dirty and was not cleaned to the point of coherency before it is "
                    + $"{(isWrite ? "written" : "read")} {how}",
            _pc)
        {
            Details = Translate(address).Lines,
        };
    }

    /// <summary>The TLB's entry for an address, filled if it has to be.</summary>
    /// <param name="address">A virtual address.</param>
    /// <param name="access">What for.</param>
    /// <param name="syndrome">The bits of the syndrome beside the status, should it fault.</param>
    private ref TlbEntry Entry(ulong address, Arm64Access access, uint syndrome)
    {
        ref TlbEntry entry = ref _tlb[TlbIndex(address)];
        ulong tag = (address >> PageBits) + 1;
        bool isThere = entry.Tag == tag
            && (access == Arm64Access.Write ? entry.Translation.IsWritable : entry.Translation.IsReadable);
        if (!isThere)
        {
            Translation translation = TranslatePage(address, access, syndrome);
            entry.Page = Memory.FindPage(translation.Page) ?? throw OutsideMemory(translation.Page, address, "access");
            entry.Cache = Caches.Page(translation.Page);
            entry.Translation = translation;
            entry.Tag = tag;
        }

        return ref entry;
    }

    private void CheckAlignment(ulong address, int size, bool isWrite)
    {
        if (_regime.ChecksAlignment && (address & (ulong)(size - 1)) != 0)
        {
            throw Misaligned(address, size, isWrite, $"and SCTLR_EL{_regime.Level}.A is set");
        }
    }

    private void RequireAlignment(ulong address, int sizeLog2, bool isWrite)
    {
        if ((address & ((1UL << sizeLog2) - 1)) != 0)
        {
            throw Misaligned(address, 1 << sizeLog2, isWrite, "and the instruction needs it to be");
        }
    }

    private void CheckDevice(ref TlbEntry entry, ulong address, int size, bool isWrite)
    {
        if (entry.Translation.IsDevice)
        {
            throw Misaligned(
                address, size, isWrite,
                _regime.IsOn ? "and the page is device memory" : "and with the MMU off all data is device memory");
        }
    }

    private Arm64FaultException Misaligned(ulong address, int size, bool isWrite, string why) => Raise(
        Arm64ExceptionClass.DataAbort, (uint)FaultStatus.Alignment | (isWrite ? SyndromeIsWrite : 0),
        $"0x{address:x} is not a multiple of {size}, {why}", address);
}
