using Baton.Bytes;
using Baton.Handoffs;
using Baton.Memory;
using Baton.Proofs;

namespace Baton.Protocols.FreeBsd.Clauses;

/// <summary>
/// What was preloaded, as the kernel would look at it: by the addresses that it is told, wherever its mapping leads them.
/// </summary>
internal abstract class ArrivedPreload
{
    private const int Step = 1 << 20;

    /// <summary>Where the chain is, as the kernel is told it at its entry.</summary>
    public abstract ulong ModuleP { get; }

    /// <summary>Where all of it ends, as the kernel is told it; 0 when it is not told.</summary>
    public abstract ulong KernEnd { get; }

    /// <summary>What kernend is a multiple of.</summary>
    public abstract ulong Boundary { get; }

    /// <summary>What the kernel is told of an address that it is linked at.</summary>
    public abstract ulong Told(ulong linked);

    /// <summary>The physical address of an address that the kernel is told; null when it is not mapped.</summary>
    public abstract ulong? Physical(ulong address);

    /// <summary>Reads bytes that <see cref="IsWritten"/>; those of any other byte are zero.</summary>
    public abstract byte[] Read(ulong physical, int length);

    /// <summary>Whether every byte of a physical range is memory that somebody has written.</summary>
    public abstract bool IsWritten(ulong physical, ulong length);

    /// <summary>What is in memory.</summary>
    protected abstract PhysicalMemory Memory { get; }

    /// <summary>What was planned.</summary>
    protected abstract Handoff Handoff { get; }

    /// <summary>The chain at <see cref="ModuleP"/>.</summary>
    public ArrivedChain ReadChain() => ArrivedChain.Read(this);

    /// <summary>Reads text up to its NUL; null when it is longer than <paramref name="limit"/> bytes or not written.</summary>
    public string? ReadText(ulong physical, int limit) => Memory.ReadText(physical, limit);

    /// <summary>Whether addresses that the kernel is told lie in one segment of the handoff.</summary>
    public bool IsLoaded(ulong address, ulong length) =>
        Physical(address) is { } physical
        && PhysicalRange.Fits(new PhysicalAddress(physical), length)
        && new PhysicalRange(new PhysicalAddress(physical), length) is var range
        && Handoff.Segments.Any(segment => segment.Destination.Contains(range))
        && (length == 0 || Physical(address + length - 1) == physical + length - 1);

    /// <summary>Whether memory holds a part of a file.</summary>
    public bool Same(ulong physical, IByteSource source, long offset, ulong length)
    {
        for (ulong done = 0; done < length; done += Step)
        {
            int count = (int)Math.Min(Step, length - done);
            byte[] expected = new byte[count];
            source.Read(offset + (long)done, expected);
            if (!Read(physical + done, count).AsSpan().SequenceEqual(expected))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a physical range is zero.</summary>
    public bool IsZero(ulong physical, ulong length)
    {
        for (ulong done = 0; done < length; done += Step)
        {
            if (Read(physical + done, (int)Math.Min(Step, length - done)).AsSpan().IndexOfAnyExcept((byte)0) >= 0)
            {
                return false;
            }
        }

        return true;
    }
}
