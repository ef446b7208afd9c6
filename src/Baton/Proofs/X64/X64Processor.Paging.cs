using Baton.Memory;

namespace Baton.Proofs.X64;

/// <content>Page walks with 2, 3, 4 and 5 levels (Intel SDM volume 3, chapter 4).</content>
public sealed partial class X64Processor
{
    private const ulong EntryPresent = 1 << 0;
    private const ulong EntryWritable = 1 << 1;
    private const ulong EntryUser = 1 << 2;
    private const ulong EntryAccessed = 1 << 5;
    private const ulong EntryDirty = 1 << 6;
    private const ulong EntryLarge = 1 << 7;
    private const ulong EntryNoExecute = 1UL << 63;
    private const ulong EntryAddress = 0x000F_FFFF_FFFF_F000;

    private const uint FaultProtection = 1 << 0;
    private const uint FaultWrite = 1 << 1;
    private const uint FaultUser = 1 << 2;
    private const uint FaultReserved = 1 << 3;
    private const uint FaultFetch = 1 << 4;

    private static readonly string[] LongTables = ["PT", "PD", "PDPT", "PML4", "PML5"];

    private readonly ulong _physicalMask;
    private readonly List<PageWalkStep> _walkSteps = [];

    private bool IsPaging => (_cr0 & X64Cr0.PG) != 0;

    /// <summary>Whether address line 20 is on; off, addresses wrap at odd megabytes as on a PC after reset.</summary>
    public bool A20
    {
        get;
        set
        {
            field = value;
            ForgetTranslations();
        }
    } = true;

    private ulong A20Mask => A20 ? ulong.MaxValue : ~(1UL << 20);

    /// <summary>Follows the page tables, without a trace in them or in the processor.</summary>
    /// <param name="linear">A linear address.</param>
    /// <param name="access">What for.</param>
    public PageWalk Translate(ulong linear, PageAccess access = PageAccess.Read)
    {
        if (!IsCanonical(linear))
        {
            return new PageWalk { Linear = linear, Steps = [], Failure = $"0x{linear:x} is not canonical" };
        }

        try
        {
            return Walk(linear, access, isReal: false);
        }
        catch (MemoryFaultException refusal)
        {
            return new PageWalk { Linear = linear, Steps = [.. _walkSteps], Failure = refusal.Message };
        }
    }

    private bool IsCanonical(ulong linear)
    {
        if (_bits != 64)
        {
            return true;
        }

        int unused = (_cr4 & X64Cr4.LA57) != 0 ? 64 - 57 : 64 - 48;
        return unchecked((ulong)((long)(linear << unused) >> unused)) == linear;
    }

    private MemoryPage TranslateToPage(ulong linear, PageAccess access)
    {
        if (access == PageAccess.Execute && _privilege == 3)
        {
            access |= PageAccess.User;
        }

        if (!IsPaging)
        {
            return Memory.Page((linear & A20Mask) >> PageShift);
        }

        PageWalk walk = Walk(linear, access, isReal: true);
        return walk.Physical is { } physical
            ? Memory.Page(physical.Value >> PageShift)
            : throw PageFault(walk);
    }

    private PageWalk Walk(ulong linear, PageAccess access, bool isReal)
    {
        _walkSteps.Clear();
        if (!IsPaging)
        {
            return new PageWalk { Linear = linear, Steps = [], Physical = new PhysicalAddress(linear & A20Mask) };
        }

        Walker walker = new(this, linear, access, isReal);
        return (_cr4 & X64Cr4.PAE) == 0 ? walker.Walk32() : IsLongMode ? walker.WalkLong() : walker.WalkPae();
    }

    private bool IsLongMode => (_efer & X64Efer.LMA) != 0;

    /// <summary>Remembers that a page holds tables, so that a write to it is noticed.</summary>
    private void AddTable(MemoryPage page)
    {
        if (!_tables.Add(page))
        {
            return;
        }

        for (int i = 0; i < _translations.Length; i++)
        {
            if (_translations[i].Page == page)
            {
                _translations[i].WriteTag = 0;
            }
        }
    }

    /// <summary>One walk: what the entries so far allow, and the faults.</summary>
    private ref struct Walker(X64Processor cpu, ulong linear, PageAccess access, bool isReal)
    {
        private bool _isWritable = true;
        private bool _isUser = true;
        private bool _isExecutable = true;

        private readonly bool HasNoExecute => (cpu._efer & X64Efer.NXE) != 0 && (cpu._cr4 & X64Cr4.PAE) != 0;

        public PageWalk WalkLong()
        {
            int levels = (cpu._cr4 & X64Cr4.LA57) != 0 ? 5 : 4;
            return WalkWide(cpu._cr3 & EntryAddress & cpu._physicalMask, levels);
        }

        /// <summary>Three levels; the four entries of the first were read when CR3 was loaded.</summary>
        public PageWalk WalkPae()
        {
            int index = (int)(linear >> 30) & 3;
            ulong entry = cpu._pointerEntries[index];
            PhysicalAddress address = new((cpu._cr3 & 0xFFFF_FFE0) + ((ulong)index * 8));
            cpu._walkSteps.Add(new PageWalkStep(LongTables[2], index, address, entry));
            return (entry & EntryPresent) == 0
                ? Fail(0, $"PDPT entry {index} at {address} is not present")
                : WalkWide(entry & EntryAddress & cpu._physicalMask, 2);
        }

        private PageWalk WalkWide(ulong table, int levels)
        {
            for (int level = levels; ; level--)
            {
                int shift = PageShift + (9 * (level - 1));
                int index = (int)(linear >> shift) & 511;
                ulong address = (table + ((ulong)index * 8)) & cpu.A20Mask;
                string name = LongTables[level - 1];
                ulong entry = ReadEntry(name, index, address, 8);
                if ((entry & EntryPresent) == 0)
                {
                    return Fail(0, $"{name} entry {index} at 0x{address:x} is not present");
                }

                bool isLeaf = level == 1 || (level <= 3 && (entry & EntryLarge) != 0);
                if (ReservedBits(entry, level, isLeaf) is var reserved and not 0)
                {
                    return Fail(FaultProtection | FaultReserved,
                        $"{name} entry {index} at 0x{address:x} = 0x{entry:x16} has reserved bits set (0x{reserved:x})");
                }

                Restrict(entry);
                if (!isLeaf)
                {
                    Mark(address, 8, entry, EntryAccessed);
                    table = entry & EntryAddress;
                    continue;
                }

                return Denied($"{name} entry {index} at 0x{address:x}") ?? Found(address, 8, entry, entry & EntryAddress, 1UL << shift);
            }
        }

        /// <summary>Two levels of entries of 32 bits, with pages of 4 MiB if CR4.PSE is set.</summary>
        public PageWalk Walk32()
        {
            int index = (int)(linear >> 22) & 1023;
            ulong address = ((cpu._cr3 & 0xFFFF_F000) + ((ulong)index * 4)) & cpu.A20Mask;
            ulong entry = ReadEntry("PD", index, address, 4);
            if ((entry & EntryPresent) == 0)
            {
                return Fail(0, $"PD entry {index} at 0x{address:x} is not present");
            }

            Restrict(entry);
            if ((entry & EntryLarge) != 0 && (cpu._cr4 & X64Cr4.PSE) != 0)
            {
                // Bits 13 to 20 are bits 32 to 39 of the page's address (PSE-36).
                ulong page = (entry & 0xFFC0_0000) | ((entry >> 13 & 0xFF) << 32);
                return (entry & (1 << 21)) != 0 || (page & ~cpu._physicalMask) != 0
                    ? Fail(FaultProtection | FaultReserved, $"PD entry {index} at 0x{address:x} = 0x{entry:x8} has reserved bits set")
                    : Denied($"PD entry {index} at 0x{address:x}") ?? Found(address, 4, entry, page, 1UL << 22);
            }

            Mark(address, 4, entry, EntryAccessed);
            index = (int)(linear >> PageShift) & 1023;
            address = ((entry & 0xFFFF_F000) + ((ulong)index * 4)) & cpu.A20Mask;
            entry = ReadEntry("PT", index, address, 4);
            if ((entry & EntryPresent) == 0)
            {
                return Fail(0, $"PT entry {index} at 0x{address:x} is not present");
            }

            Restrict(entry);
            return Denied($"PT entry {index} at 0x{address:x}") ?? Found(address, 4, entry, entry & 0xFFFF_F000, 1UL << PageShift);
        }

        private readonly ulong ReadEntry(string table, int index, ulong address, int size)
        {
            cpu._walkSteps.Add(new PageWalkStep(table, index, new PhysicalAddress(address), null));
            MemoryPage page = cpu.Memory.Page(address >> PageShift);
            ulong entry = cpu.Memory.Read(page, (int)(address & PageOffset), size);
            cpu._walkSteps[^1] = cpu._walkSteps[^1] with { Entry = entry };
            if (isReal)
            {
                cpu.AddTable(page);
            }

            return entry;
        }

        private readonly ulong ReservedBits(ulong entry, int level, bool isLeaf)
        {
            ulong reserved = EntryAddress & ~cpu._physicalMask;
            if (!HasNoExecute)
            {
                reserved |= EntryNoExecute;
            }

            if (!cpu.IsLongMode)
            {
                reserved |= 0x7FF0_0000_0000_0000;
            }

            if (level >= 4 || (level == 3 && !cpu._cpuid.HasGigabytePages))
            {
                reserved |= EntryLarge;
            }

            if (isLeaf && level > 1)
            {
                // Bit 12 is PAT; between it and the page's address there is nothing.
                reserved |= ((1UL << (PageShift + (9 * (level - 1)))) - 1) & ~0x1FFFUL;
            }

            return entry & reserved;
        }

        private void Restrict(ulong entry)
        {
            _isWritable &= (entry & EntryWritable) != 0;
            _isUser &= (entry & EntryUser) != 0;
            _isExecutable &= !HasNoExecute || (entry & EntryNoExecute) == 0;
        }

        private readonly PageWalk? Denied(string where)
        {
            bool user = (access & PageAccess.User) != 0;
            bool execute = (access & PageAccess.Execute) != 0;
            string? reason =
                user && !_isUser ? "is not for user code"
                : (access & PageAccess.Write) != 0 && !_isWritable && (user || (cpu._cr0 & X64Cr0.WP) != 0) ? "is read-only on the way"
                : execute && !_isExecutable ? "is not executable"
                : execute && !user && _isUser && (cpu._cr4 & X64Cr4.SMEP) != 0 ? "is user code (CR4.SMEP)"
                : !execute && !user && _isUser && (cpu._cr4 & X64Cr4.SMAP) != 0 && (cpu._flags & X64Flags.AC) == 0
                    ? "is user memory (CR4.SMAP)"
                : null;
            return reason is null ? null : Fail(FaultProtection, $"the page of {where} {reason}");
        }

        private readonly PageWalk Found(ulong address, int size, ulong entry, ulong page, ulong pageSize)
        {
            Mark(address, size, entry, EntryAccessed | ((access & PageAccess.Write) != 0 ? EntryDirty : 0));
            return new PageWalk
            {
                Linear = linear,
                Steps = isReal ? [] : [.. cpu._walkSteps],
                Physical = new PhysicalAddress(((page & ~(pageSize - 1)) | (linear & (pageSize - 1))) & cpu.A20Mask),
                PageSize = pageSize,
            };
        }

        private readonly void Mark(ulong address, int size, ulong entry, ulong bits)
        {
            if (isReal && (entry & bits) != bits)
            {
                cpu.Memory.Write(cpu.Memory.Page(address >> PageShift), (int)(address & PageOffset), size, entry | bits);
            }
        }

        private readonly PageWalk Fail(uint code, string reason)
        {
            uint error = code
                | ((access & PageAccess.Write) != 0 ? FaultWrite : 0)
                | ((access & PageAccess.User) != 0 ? FaultUser : 0)
                | ((access & PageAccess.Execute) != 0 && (HasNoExecute || (cpu._cr4 & X64Cr4.SMEP) != 0) ? FaultFetch : 0);
            return new PageWalk { Linear = linear, Steps = [.. cpu._walkSteps], Failure = reason, ErrorCode = error };
        }
    }
}
