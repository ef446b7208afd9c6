using System.Buffers.Binary;
using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Proofs.X64;

/// <summary>A simulated x86 machine at the next kernel's first instruction.</summary>
public sealed class X64Arrival
{
    private readonly Lazy<AddressSpace> _space;

    /// <param name="handoff">What was planned.</param>
    /// <param name="machine">Where it happens.</param>
    /// <param name="departure">The processor's registers when the crossing began.</param>
    /// <param name="state">The processor's registers now.</param>
    /// <param name="memory">What is in memory.</param>
    public X64Arrival(
        Handoff handoff, X64ProofMachine machine, X64State departure, X64State state, PhysicalMemory memory)
    {
        Handoff = handoff;
        Machine = machine;
        Departure = departure;
        State = state;
        Memory = memory;
        _space = new Lazy<AddressSpace>(() => AddressSpace.Read(Memory, State, Machine.PhysicalBits));
    }

    /// <summary>What was planned.</summary>
    public Handoff Handoff { get; }

    /// <summary>Where it happens.</summary>
    public X64ProofMachine Machine { get; }

    /// <summary>The processor's registers when the crossing began, garbage included.</summary>
    public X64State Departure { get; }

    /// <summary>The processor's registers now.</summary>
    public X64State State { get; }

    /// <summary>What is in memory.</summary>
    public PhysicalMemory Memory { get; }

    /// <summary>What the page tables in use map.</summary>
    public AddressSpace Space => _space.Value;

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
        for (int i = 0; i < length;)
        {
            ulong at = unchecked(address + (ulong)i);
            int offset = (int)(at % PhysicalMemory.PageSize);
            int count = Math.Min(length - i, PhysicalMemory.PageSize - offset);
            Memory.FindPage(at / PhysicalMemory.PageSize)?.Bytes.Slice(offset, count).CopyTo(bytes.AsSpan(i));
            i += count;
        }

        return bytes;
    }

    /// <summary>Reads 8 bytes, little-endian, that <see cref="IsWritten"/>.</summary>
    public ulong Read64(ulong address) => BinaryPrimitives.ReadUInt64LittleEndian(Read(address, sizeof(ulong)));

    /// <summary>Reads text up to its NUL; null when it is longer than <paramref name="limit"/> bytes or not written.</summary>
    public string? ReadText(ulong address, int limit) => Memory.ReadText(address, limit);
}
