using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Proofs.Arm64;

/// <summary>A simulated arm64 machine at the next kernel's first instruction.</summary>
/// <param name="Handoff">What was planned.</param>
/// <param name="Machine">Where it happens.</param>
/// <param name="Departure">The processor's registers when the crossing began, garbage included.</param>
/// <param name="Processor">The processor now: registers, memory and caches.</param>
public sealed record Arm64Arrival(Handoff Handoff, Arm64ProofMachine Machine, Arm64State Departure, Arm64Processor Processor)
{
    /// <summary>What is in memory.</summary>
    public PhysicalMemory Memory => Processor.Memory;

    /// <summary>SCTLR of the level that the processor is at.</summary>
    public ulong SystemControl => Processor.ReadSystemRegister(
        Processor.ExceptionLevel == 2 ? Arm64SystemRegister.SctlrEl2 : Arm64SystemRegister.SctlrEl1);

    /// <summary>The segment of a name; null when the handoff has none.</summary>
    public Segment? Segment(string name) => Handoff.Segments.FirstOrDefault(segment => segment.Name == name);

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
}
