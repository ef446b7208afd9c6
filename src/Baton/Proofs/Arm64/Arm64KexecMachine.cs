using System.Globalization;
using Baton.Handoffs;
using Baton.Memory;
using Baton.Proofs.EntryStates;

namespace Baton.Proofs.Arm64;

/// <summary>
/// The machine as Linux's kexec leaves it at a handoff's entry: segments in place and clean in the caches, the memory around
/// them not, and a processor whose registers are what the kernel promises and garbage elsewhere.
/// </summary>
public sealed class Arm64KexecMachine
{
    /// <summary>Bytes on both sides of a segment whose lines are dirty: what lies further away nobody touches.</summary>
    private const ulong DirtyBorder = 0x1_0000;

    private Arm64KexecMachine(Arm64Processor processor)
    {
        Processor = processor;
        Departure = processor.State;
    }

    public Arm64Processor Processor { get; }

    /// <summary>The registers at the start.</summary>
    public Arm64State Departure { get; }

    /// <summary>Sets a machine up.</summary>
    /// <param name="handoff">What was loaded.</param>
    /// <param name="machine">Where it happens.</param>
    /// <param name="exceptionLevel">The level at which kexec jumps: 1 or 2.</param>
    /// <param name="garbage">For whatever is not promised.</param>
    /// <exception cref="MemoryFaultException">A segment does not lie in memory.</exception>
    public static Arm64KexecMachine Create(
        Handoff handoff, Arm64ProofMachine machine, int exceptionLevel, Garbage garbage)
    {
        ArgumentNullException.ThrowIfNull(handoff);
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(garbage);
        PhysicalMemory memory = new(machine.Memory);
        RangeSet writable = handoff.CrossingWrites;
        foreach (Segment segment in handoff.Segments)
        {
            memory.Load(segment);
            memory.Guard(segment, writable);
        }

        foreach (MemoryCopy copy in handoff.Copies)
        {
            // What lies there nobody knows: every byte is another, so that one out of place shows.
            memory.Set(copy.From.Start.Value, garbage.Bytes(copy.From.Length));
        }

        RangeSet loaded = RangeSet.Of(handoff.Segments.Select(segment => segment.Destination));
        foreach (PhysicalRange range in memory.Ram.Subtract(loaded))
        {
            memory.Guard(range, "not the handoff's to write");
        }

        Arm64Processor processor = new(memory, exceptionLevel);
        SetCaches(processor.Caches, LinuxKexecArm64.Caches, loaded, memory.Ram);
        foreach (MemoryCopy copy in handoff.Copies)
        {
            processor.Caches.MarkDirty(copy.From);
        }

        foreach (RegisterPromise promise in LinuxKexecArm64.Registers(exceptionLevel, handoff.Entry))
        {
            Set(processor, promise.Name, promise.Fill(garbage.Next()));
        }

        memory.Log = new WriteLog(processor);
        return new Arm64KexecMachine(processor);
    }

    private static void SetCaches(CacheModel caches, CachePromise promise, RangeSet loaded, RangeSet ram)
    {
        if (!promise.OtherMemoryIsClean)
        {
            foreach (PhysicalRange range in loaded.GrowTo(DirtyBorder).SelectMany(Border).ToArray())
            {
                foreach (PhysicalRange other in ram.Clip(range).Subtract(loaded))
                {
                    caches.MarkDirty(other);
                }
            }
        }

        foreach (PhysicalRange range in loaded)
        {
            if (!promise.SegmentsAreCleanToPointOfCoherency)
            {
                caches.MarkDirty(range);
            }

            if (!promise.InstructionCacheIsInvalidated)
            {
                caches.MarkInstructionsStale(range);
            }
        }
    }

    private static IEnumerable<PhysicalRange> Border(PhysicalRange range)
    {
        ulong below = Math.Min(range.Start.Value, DirtyBorder);
        yield return new PhysicalRange(range.Start - below, below);
        if (PhysicalRange.Fits(range.End, DirtyBorder))
        {
            yield return new PhysicalRange(range.End, DirtyBorder);
        }
    }

    private static void Set(Arm64Processor processor, string name, ulong value)
    {
        switch (name)
        {
            case "sp":
                processor.StackPointer = value;
                break;
            case "pc":
                processor.ProgramCounter = value;
                break;
            case "currentel":
                // The processor was made at this level.
                break;
            case "ctr_el0":
                // The caches that are modelled have the lines that it says.
                break;
            case ['x', .. string number]:
                processor[int.Parse(number, NumberStyles.None, CultureInfo.InvariantCulture)] = value;
                break;
            case "nzcv":
                processor.Nzcv = unchecked((uint)value);
                break;
            default:
                if (Arm64SystemRegisterTable.Rows.FirstOrDefault(
                    row => row.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } known)
                {
                    processor.WriteSystemRegister(known.Register, value);
                }

                break;
        }
    }
}
