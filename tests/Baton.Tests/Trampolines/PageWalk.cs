using System.Buffers.Binary;
using Baton.Trampolines;

namespace Baton.Tests.Trampolines;

/// <summary>What a walk found: where the address leads, and the size of the page.</summary>
internal readonly record struct Translation(ulong Address, ulong PageSize);

/// <summary>The walk that the processor makes (Intel SDM volume 3, section 4.5.4), over tables in an array.</summary>
internal sealed class PageWalk(PageTables tables)
{
    private const ulong Present = 1;
    private const ulong PageSizeBit = 1 << 7;
    private const ulong AddressMask = 0x000F_FFFF_FFFF_F000;

    /// <summary>Bits that an entry must have: present, writable, accessed; for a page also dirty and PS.</summary>
    private const ulong TableBits = 0x23;
    private const ulong PageBits = 0xE3;

    /// <summary>Walks with 4 or 5 levels; null where an entry is not present.</summary>
    public Translation? Walk(ulong address, int levels)
    {
        int unused = 64 - 12 - (9 * levels);
        ulong signExtended = unchecked((ulong)((long)(address << unused) >> unused));
        if (signExtended != address)
        {
            return null;
        }

        ulong table = levels == 5 ? tables.Root5.Value : tables.Root4.Value;
        for (int level = levels; level >= 1; level--)
        {
            int shift = 12 + (9 * (level - 1));
            ulong entry = Read(table + ((address >> shift & 0x1FF) * 8));
            if ((entry & Present) == 0)
            {
                return null;
            }

            ulong size = 1UL << shift;
            bool isPage = (entry & PageSizeBit) != 0;
            Assert.Equal(isPage ? PageBits : TableBits, entry & ~AddressMask);
            table = entry & AddressMask;
            if (isPage)
            {
                Assert.InRange(level, 2, 3);
                Assert.Equal(0UL, table & (size - 1));
                return new Translation(table | (address & (size - 1)), size);
            }
        }

        throw new InvalidOperationException("the tables hold pages of 4 KiB");
    }

    private ulong Read(ulong address)
    {
        int offset = checked((int)(address - tables.Start.Value));
        return BinaryPrimitives.ReadUInt64LittleEndian(tables.Bytes.Span[offset..]);
    }
}
