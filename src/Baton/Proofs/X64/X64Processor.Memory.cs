using System.Runtime.CompilerServices;

namespace Baton.Proofs.X64;

/// <content>
/// Memory by offset and segment, and by linear address. The translation buffer is a cache of page walks that forgets
/// whenever a table that it was filled from is written, so that nobody can see it.
/// </content>
public sealed partial class X64Processor
{
    private const int TranslationEntries = 1024;

    /// <summary>No segment: the processor's own access to a table.</summary>
    private const int NoSegment = -1;

    private readonly Translation[] _translations = new Translation[TranslationEntries];

    /// <summary>The pages that the walks of the buffered translations have read.</summary>
    private readonly HashSet<MemoryPage> _tables = [];

    /// <summary>Tables may lie anywhere in long mode, whatever code runs.</summary>
    private ulong SystemMask => IsLongMode ? ulong.MaxValue : uint.MaxValue;

    private ulong MaskFor(int segment) => segment == NoSegment ? SystemMask : _linearMask;

    private ulong Load(int segment, ulong offset, int size) => LoadLinear(Linear(segment, offset, size, false), size, segment);

    private void Store(int segment, ulong offset, int size, ulong value) =>
        StoreLinear(Linear(segment, offset, size, true), size, value, segment);

    private ulong LoadToModify(int segment, ulong offset, int size)
    {
        ulong linear = Linear(segment, offset, size, true);
        ProbeWrite(linear, size, segment);
        return LoadLinear(linear, size, segment);
    }

    /// <summary>Reads 1, 2, 4 or 8 bytes.</summary>
    private ulong LoadLinear(ulong linear, int size, int segment)
    {
        unchecked
        {
            ulong number = linear >> PageShift;
            int offset = (int)(linear & PageOffset);
            ref Translation translation = ref _translations[(int)(number % TranslationEntries)];
            return translation.ReadTag == number + 1 && offset + size <= PhysicalMemory.PageSize && translation.Page.IsPlain
                ? translation.Page.Peek(offset, size)
                : LoadSlowly(linear, size, segment);
        }
    }

    /// <summary>Writes 1, 2, 4 or 8 bytes.</summary>
    private void StoreLinear(ulong linear, int size, ulong value, int segment)
    {
        unchecked
        {
            ulong number = linear >> PageShift;
            int offset = (int)(linear & PageOffset);
            ref Translation translation = ref _translations[(int)(number % TranslationEntries)];
            if (translation.WriteTag == number + 1 && offset + size <= PhysicalMemory.PageSize)
            {
                Memory.Write(translation.Page, offset, size, value);
            }
            else
            {
                StoreSlowly(linear, size, value, segment);
            }
        }
    }

    /// <summary>Faults where a write would, and writes nothing.</summary>
    private void ProbeWrite(ulong linear, int size, int segment)
    {
        ulong number = linear >> PageShift;
        if (_translations[(int)(number % TranslationEntries)].WriteTag == number + 1
            && (int)(linear & PageOffset) + size <= PhysicalMemory.PageSize)
        {
            return;
        }

        unchecked
        {
            DataPage(linear, PageAccess.Write, segment);
            ulong last = (linear + (ulong)size - 1) & _linearMask;
            if (last >> PageShift != number)
            {
                DataPage(last & ~PageOffset, PageAccess.Write, segment);
            }
        }
    }

    private ulong LoadSlowly(ulong linear, int size, int segment)
    {
        unchecked
        {
            int first = Math.Min(size, PhysicalMemory.PageSize - (int)(linear & PageOffset));
            MemoryPage page = DataPage(linear, PageAccess.Read, segment);
            if (first == size)
            {
                return Memory.Read(page, (int)(linear & PageOffset), size);
            }

            MemoryPage next = DataPage((linear + (ulong)first) & MaskFor(segment), PageAccess.Read, segment);
            ulong value = 0;
            for (int i = 0; i < size; i++)
            {
                int offset = (int)((linear + (ulong)i) & PageOffset);
                value |= Memory.Read(i < first ? page : next, offset, 1) << (8 * i);
            }

            return value;
        }
    }

    private void StoreSlowly(ulong linear, int size, ulong value, int segment)
    {
        unchecked
        {
            int first = Math.Min(size, PhysicalMemory.PageSize - (int)(linear & PageOffset));
            MemoryPage page = DataPage(linear, PageAccess.Write, segment);
            MemoryPage next = first == size
                ? page
                : DataPage((linear + (ulong)first) & MaskFor(segment), PageAccess.Write, segment);
            if (first == size)
            {
                Memory.Write(page, (int)(linear & PageOffset), size, value);
            }
            else
            {
                for (int i = 0; i < size; i++)
                {
                    Memory.Write(i < first ? page : next, (int)((linear + (ulong)i) & PageOffset), 1, value >> (8 * i));
                }
            }

            if (_tables.Contains(page) || _tables.Contains(next))
            {
                ForgetTranslations();
            }
        }
    }

    /// <summary>The page of a linear address, through the buffer.</summary>
    private MemoryPage DataPage(ulong linear, PageAccess access, int segment)
    {
        unchecked
        {
            ulong number = linear >> PageShift;
            ref Translation translation = ref _translations[(int)(number % TranslationEntries)];
            bool isWrite = (access & PageAccess.Write) != 0;
            bool isSystem = segment == NoSegment && _privilege == 3;
            if ((isWrite ? translation.WriteTag : translation.ReadTag) == number + 1 && !isSystem)
            {
                return translation.Page;
            }

            if (!IsCanonical(linear))
            {
                throw segment == (int)X64SegmentRegister.Ss
                    ? StackFault(0, $"the address 0x{linear:x} is not canonical")
                    : GeneralProtection(0, $"the address 0x{linear:x} is not canonical");
            }

            PageAccess user = _privilege == 3 && !isSystem ? PageAccess.User : PageAccess.Read;
            PageAccess kind = segment == NoSegment ? PageAccess.Implicit : PageAccess.Read;
            MemoryPage page = TranslateToPage(linear, access | user | kind);
            if (isSystem || (_cr4 & X64Cr4.SMAP) != 0)
            {
                return page;
            }

            if (translation.Page != page || Math.Max(translation.ReadTag, translation.WriteTag) != number + 1)
            {
                translation = new Translation { Page = page };
            }

            // A page that tables lie in has no write tag, so that every write to it takes the way that sees it.
            translation.ReadTag = number + 1;
            if (isWrite && !_tables.Contains(page))
            {
                translation.WriteTag = number + 1;
            }

            return page;
        }
    }

    /// <summary>Empties the translation buffer.</summary>
    public void ForgetTranslations()
    {
        Array.Clear(_translations);
        _tables.Clear();
        ForgetCodeTranslations();
    }

    /// <summary>The processor's own read of a descriptor or a gate.</summary>
    private ulong LoadSystem(ulong linear, int size) => _privilege == 3
        ? LoadSlowly(linear & SystemMask, size, NoSegment)
        : LoadLinear(linear & SystemMask, size, NoSegment);

    private void StoreSystem(ulong linear, int size, ulong value)
    {
        if (_privilege == 3)
        {
            StoreSlowly(linear & SystemMask, size, value, NoSegment);
        }
        else
        {
            StoreLinear(linear & SystemMask, size, value, NoSegment);
        }
    }

    /// <summary>An entry of the translation buffer; a tag is a page's linear number plus one.</summary>
    private struct Translation
    {
        public ulong ReadTag;
        public ulong WriteTag;
        public MemoryPage Page;
    }
}
