using System.Buffers.Binary;
using Baton.Machines;
using Baton.Memory;
using Microsoft.Win32.SafeHandles;

namespace Baton.Linux;

/// <summary>
/// Estimates from /proc/kpageflags (Documentation/admin-guide/mm/pagemap.rst) how much of each block of memory is
/// free. Sampled: the kernel spends some hundred instructions on each page that is asked about, which adds up to more
/// than a good place saves.
/// </summary>
public static class FreePagesReader
{
    private const string KPageFlags = "/proc/kpageflags";
    private const ulong Buddy = 1UL << 10;
    private const int PageSize = 4096;
    private const ulong SmallestBlock = 2 << 20;
    private const int MaxBlocks = 512;
    private const int MaxReads = 512;
    private const int MaxReadsPerBlock = 2;
    private const int MaxPages = 1 << 12;
    private const int MaxPagesPerRead = 64;

    /// <summary>Reads the state of a machine's memory; null where the file may not be read.</summary>
    /// <param name="ram">The memory of interest: nothing outside it is looked at.</param>
    public static FreePages? Read(RangeSet ram)
    {
        ArgumentNullException.ThrowIfNull(ram);
        if (ram.Count == 0)
        {
            return null;
        }

        try
        {
            using SafeFileHandle file = File.OpenHandle(KPageFlags);
            return Sample(file, ram);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static FreePages Sample(SafeFileHandle file, RangeSet ram)
    {
        ulong end = ram[^1].End.Value;
        ulong blockSize = SmallestBlock;
        while (((end - 1) / blockSize) + 1 > MaxBlocks)
        {
            blockSize *= 2;
        }

        int blocks = (int)(((end - 1) / blockSize) + 1);
        int reads = Math.Clamp(MaxReads / blocks, 1, MaxReadsPerBlock);
        int pages = Math.Clamp(MaxPages / (blocks * reads), 1, MaxPagesPerRead);
        byte[] flags = new byte[pages * sizeof(ulong)];
        double[] free = new double[blocks];
        ulong[] usable = UsableBytes(ram, blockSize, blocks);
        for (int block = 0; block < blocks; block++)
        {
            if (usable[block] == 0)
            {
                continue;
            }

            int seen = 0;
            int found = 0;
            for (int i = 0; i < reads; i++)
            {
                ulong page = (((ulong)block * blockSize) + (blockSize / (ulong)reads * (ulong)i)) / PageSize;
                int count = RandomAccess.Read(file, flags, (long)(page * sizeof(ulong))) / sizeof(ulong);
                seen += count;
                for (int p = 0; p < count; p++)
                {
                    ulong bits = BinaryPrimitives.ReadUInt64LittleEndian(flags.AsSpan(p * sizeof(ulong)));
                    found += (bits & Buddy) != 0 ? 1 : 0;
                }
            }

            free[block] = seen == 0 ? 0 : Math.Min(usable[block], blockSize * (double)found / seen);
        }

        return new FreePages(blockSize, free);
    }

    private static ulong[] UsableBytes(RangeSet ram, ulong blockSize, int blocks)
    {
        ulong[] usable = new ulong[blocks];
        foreach (PhysicalRange range in ram)
        {
            for (ulong at = range.Start.Value; at < range.End.Value;)
            {
                ulong block = at / blockSize;
                ulong next = Math.Min((block + 1) * blockSize, range.End.Value);
                usable[block] += next - at;
                at = next;
            }
        }

        return usable;
    }
}
