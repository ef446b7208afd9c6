using System.Buffers.Binary;
using Baton.Gathers;
using Microsoft.Win32.SafeHandles;

namespace Baton.Linux.Gathers;

/// <summary>Where this process's pages lie (Documentation/admin-guide/mm/pagemap.rst).</summary>
internal static class PageMap
{
    public const string File = "/proc/self/pagemap";

    private const int EntrySize = sizeof(ulong);
    private const int EntriesPerRead = 4096;
    private const ulong Present = 1UL << 63;
    private const ulong FrameMask = (1UL << 55) - 1;

    /// <summary>Adds a move for each page of a run of addresses.</summary>
    /// <exception cref="IOException">A page is not in memory, or its place is kept from this process.</exception>
    public static void Read(SafeFileHandle file, nuint address, ulong pages, ulong destination, PageMoves moves)
    {
        byte[] entries = new byte[EntriesPerRead * EntrySize];
        for (ulong done = 0; done < pages;)
        {
            int count = (int)Math.Min(pages - done, EntriesPerRead);
            Span<byte> some = entries.AsSpan(0, count * EntrySize);
            long offset = (long)((address / PageMove.PageSize) + done) * EntrySize;
            if (RandomAccess.Read(file, some, offset) != some.Length)
            {
                throw new IOException($"{File}: {count} entries were asked for at 0x{offset:x}, fewer came");
            }

            for (int i = 0; i < count; i++)
            {
                ulong entry = BinaryPrimitives.ReadUInt64LittleEndian(some[(i * EntrySize)..]);
                ulong frame = entry & FrameMask;
                if ((entry & Present) == 0 || frame == 0)
                {
                    throw new IOException((entry & Present) == 0
                        ? $"{File}: a page that is pinned is not in memory (entry 0x{entry:x})"
                        : $"{File}: the kernel hides where pages lie; CAP_SYS_ADMIN is needed");
                }

                moves.Add(frame, destination + done + (ulong)i, 1);
            }

            done += (ulong)count;
        }
    }
}
