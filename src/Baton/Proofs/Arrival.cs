using System.Buffers.Binary;
using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Proofs;

/// <summary>A simulated machine at the next kernel's first instruction: what every architecture's has.</summary>
public abstract class Arrival
{
    /// <param name="handoff">What was planned.</param>
    /// <param name="memory">What is in memory.</param>
    protected Arrival(Handoff handoff, PhysicalMemory memory)
    {
        Handoff = handoff;
        Memory = memory;
    }

    /// <summary>What was planned.</summary>
    public Handoff Handoff { get; }

    /// <summary>What is in memory.</summary>
    public PhysicalMemory Memory { get; }

    /// <summary>The segment of a name; null when the handoff has none.</summary>
    public Segment? Segment(string name) => Handoff.Segments.FirstOrDefault(segment => segment.Name == name);

    /// <summary>The segment that holds a byte; null when none does.</summary>
    public Segment? SegmentAt(ulong address) =>
        Handoff.Segments.FirstOrDefault(segment => segment.Destination.Contains(new PhysicalAddress(address)));

    /// <summary>Whether every byte of a range is memory that somebody has written.</summary>
    public bool IsWritten(ulong address, ulong length) =>
        PhysicalRange.Fits(new PhysicalAddress(address), length)
        && Memory.FirstUnwritten(new PhysicalRange(new PhysicalAddress(address), length)) is null;

    /// <summary>Reads bytes that <see cref="IsWritten"/>; those of any other byte are zero.</summary>
    public byte[] Read(ulong address, int length)
    {
        byte[] bytes = new byte[length];
        Memory.Copy(address, bytes);
        return bytes;
    }

    /// <summary>Reads 8 bytes, little-endian, that <see cref="IsWritten"/>.</summary>
    public ulong Read64(ulong address) => BinaryPrimitives.ReadUInt64LittleEndian(Read(address, sizeof(ulong)));

    /// <summary>Reads text up to its NUL; null when it is longer than <paramref name="limit"/> bytes or not written.</summary>
    public string? ReadText(ulong address, int limit) => Memory.ReadText(address, limit);
}
