using Baton.Memory;

namespace Baton.Proofs.Walks;

/// <summary>Looks for bytes in all of a simulated machine's memory, without a trace in it.</summary>
public static class MemorySearch
{
    private const int Window = 1 << 16;

    /// <summary>Where the bytes are, by rising address; runs that overlap are found too.</summary>
    /// <param name="memory">What is searched: what was loaded, and what anybody has written since.</param>
    /// <param name="wanted">One byte or more.</param>
    /// <param name="from">The lowest address that may be found.</param>
    /// <exception cref="ArgumentException">Nothing is wanted.</exception>
    public static IEnumerable<PhysicalAddress> Find(PhysicalMemory memory, ReadOnlyMemory<byte> wanted, PhysicalAddress from)
    {
        ArgumentNullException.ThrowIfNull(memory);
        return wanted.IsEmpty ? throw new ArgumentException("nothing to look for", nameof(wanted)) : Search(memory, wanted, from);
    }

    private static IEnumerable<PhysicalAddress> Search(PhysicalMemory memory, ReadOnlyMemory<byte> wanted, PhysicalAddress from)
    {
        byte[] window = new byte[Window + wanted.Length - 1];
        foreach (PhysicalRange range in memory.Known)
        {
            ulong at = Math.Max(range.Start.Value, from.Value);
            while (at < range.End.Value)
            {
                int length = (int)Math.Min((ulong)window.Length, range.End.Value - at);
                memory.Copy(at, window.AsSpan(0, length));
                int start = 0;
                while (IndexOf(window.AsSpan(start, length - start), wanted.Span) is >= 0 and int found)
                {
                    PhysicalAddress place = new(at + (ulong)(start + found));
                    if (memory.FirstUnwritten(new PhysicalRange(place, (ulong)wanted.Length)) is null)
                    {
                        yield return place;
                    }

                    start += found + 1;
                }

                at += (ulong)Math.Min(length, Window);
            }
        }
    }

    private static int IndexOf(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> wanted) => bytes.IndexOf(wanted);
}
