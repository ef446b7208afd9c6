using Baton.Memory;

namespace Baton.Proofs.X64;

/// <content>The entries of page tables, and what the processor makes of each on its way.</content>
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

    /// <summary>One walk: what the entries so far allow, and the faults.</summary>
    private ref struct Walker(X64Processor cpu, ulong linear, PageAccess access, bool isReal)
    {
        private bool _isWritable = true;
        private bool _isUser = true;
        private bool _isExecutable = true;

        private readonly bool HasNoExecute => (cpu._efer & X64Efer.NXE) != 0 && (cpu._cr4 & X64Cr4.PAE) != 0;

        public string? WalkLong()
        {
            int levels = (cpu._cr4 & X64Cr4.LA57) != 0 ? 5 : 4;
            return WalkWide(cpu._cr3 & EntryAddress & cpu._physicalMask, levels);
        }

        /// <summary>Three levels; the four entries of the first were read when CR3 was loaded.</summary>
        public string? WalkPae()
        {
            int index = (int)((linear >> 30) & 3);
            ulong entry = cpu._pointerEntries[index];
            PhysicalAddress address = new((cpu._cr3 & 0xFFFF_FFE0) + ((ulong)index * 8));
            cpu._walkSteps.Add(new PageWalkStep(LongTables[2], index, address, entry));
            return (entry & EntryPresent) == 0
                ? Fail(0, $"PDPT entry {index} at {address} is not present")
                : WalkWide(entry & EntryAddress & cpu._physicalMask, 2);
        }

        private string? WalkWide(ulong table, int levels)
        {
            for (int level = levels; ; level--)
            {
                int shift = PageShift + (9 * (level - 1));
                int index = (int)((linear >> shift) & 511);
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

                return Leaf(name, index, address, 8, entry, entry & EntryAddress, 1UL << shift);
            }
        }

        /// <summary>Two levels of entries of 32 bits, with pages of 4 MiB if CR4.PSE is set.</summary>
        public string? Walk32()
        {
            int index = (int)((linear >> 22) & 1023);
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
                    ? Fail(
                        FaultProtection | FaultReserved,
                        $"PD entry {index} at 0x{address:x} = 0x{entry:x8} has reserved bits set")
                    : Leaf("PD", index, address, 4, entry, page, 1UL << 22);
            }

            Mark(address, 4, entry, EntryAccessed);
            index = (int)((linear >> PageShift) & 1023);
            address = ((entry & 0xFFFF_F000) + ((ulong)index * 4)) & cpu.A20Mask;
            entry = ReadEntry("PT", index, address, 4);
            if ((entry & EntryPresent) == 0)
            {
                return Fail(0, $"PT entry {index} at 0x{address:x} is not present");
            }

            Restrict(entry);
            return Leaf("PT", index, address, 4, entry, entry & 0xFFFF_F000, 1UL << PageShift);
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
                cpu.CheckEntry(table, index, address, entry);
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

        private readonly string? Leaf(
            string table, int index, ulong address, int size, ulong entry, ulong page, ulong pageSize)
        {
            if (Denied() is { } reason)
            {
                return Fail(FaultProtection, $"the page of {table} entry {index} at 0x{address:x} {reason}");
            }

            Mark(address, size, entry, EntryAccessed | ((access & PageAccess.Write) != 0 ? EntryDirty : 0));
            cpu._walkPhysical = ((page & ~(pageSize - 1)) | (linear & (pageSize - 1))) & cpu.A20Mask;
            cpu._walkPageSize = pageSize;
            return null;
        }

        private readonly string? Denied()
        {
            bool user = (access & PageAccess.User) != 0;
            bool execute = (access & PageAccess.Execute) != 0;
            return user && !_isUser ? "is not for user code"
                : (access & PageAccess.Write) != 0 && !_isWritable && (user || (cpu._cr0 & X64Cr0.WP) != 0)
                    ? "is read-only on the way"
                : execute && !_isExecutable ? "is not executable"
                : execute && !user && _isUser && (cpu._cr4 & X64Cr4.SMEP) != 0 ? "is user code (CR4.SMEP)"
                : !execute && !user && _isUser && (cpu._cr4 & X64Cr4.SMAP) != 0
                    && ((cpu._flags & X64Flags.AC) == 0 || (access & PageAccess.Implicit) != 0)
                    ? "is user memory (CR4.SMAP)"
                : null;
        }

        private readonly void Mark(ulong address, int size, ulong entry, ulong bits)
        {
            if (isReal && (entry & bits) != bits)
            {
                cpu.Memory.Write(cpu.Memory.Page(address >> PageShift), (int)(address & PageOffset), size, entry | bits);
            }
        }

        private readonly string Fail(uint code, string reason)
        {
            cpu._walkError = code
                | ((access & PageAccess.Write) != 0 ? FaultWrite : 0)
                | ((access & PageAccess.User) != 0 ? FaultUser : 0)
                | ((access & PageAccess.Execute) != 0 && (HasNoExecute || (cpu._cr4 & X64Cr4.SMEP) != 0) ? FaultFetch : 0);
            return reason;
        }
    }
}
