using System.Collections.Immutable;
using Baton.Handoffs;
using Baton.Memory;
using Baton.Proofs.Devices;
using Baton.Proofs.EntryStates;

namespace Baton.Proofs.X64;

/// <summary>
/// The machine as Linux's kexec leaves it at a handoff's entry: segments in place, the kernel's page tables, and a
/// processor whose registers are what the kernel promises and garbage elsewhere. What is neither: docs/proof.md.
/// </summary>
public sealed class KexecMachine
{
    private const uint KernelGsBase = 0xC000_0102;

    /// <summary>
    /// What arch/x86/kernel/apic/apic.c, disconnect_bsp_APIC, leaves in the local APIC's spurious-vector register: enabled,
    /// with vector 15.
    /// </summary>
    public const uint LeftSpurious = LocalApic.SoftwareEnable | 0xF;

    /// <summary>Vectors that were delivered and not ended, in each machine as many.</summary>
    private const int InService = 3;

    /// <summary>Linux's vectors begin here, and end at 255.</summary>
    private const int FirstVector = 32;

    private KexecMachine(PhysicalMemory memory, X64Processor processor, LocalApic apic)
    {
        Memory = memory;
        LocalApic = apic;
        Processor = processor;
        Departure = processor.State;
    }

    public PhysicalMemory Memory { get; }

    public X64Processor Processor { get; }

    /// <summary>The processor's local APIC, with every vector requested and some in service.</summary>
    public LocalApic LocalApic { get; }

    /// <summary>The registers at the start.</summary>
    public X64State Departure { get; }

    /// <summary>Sets a machine up.</summary>
    /// <param name="handoff">What was loaded.</param>
    /// <param name="machine">Where it happens.</param>
    /// <param name="garbage">For whatever is not promised.</param>
    /// <exception cref="MemoryFaultException">A segment does not lie in memory.</exception>
    public static KexecMachine Create(Handoff handoff, X64ProofMachine machine, Garbage garbage) =>
        Create(CrossingStart.Of(handoff), machine, garbage);

    /// <summary>Sets a machine up for a crossing that begins elsewhere.</summary>
    /// <param name="start">What the crossing finds.</param>
    /// <param name="machine">Where it happens.</param>
    /// <param name="garbage">For whatever is not promised.</param>
    /// <exception cref="MemoryFaultException">What is loaded does not lie in memory.</exception>
    public static KexecMachine Create(CrossingStart start, X64ProofMachine machine, Garbage garbage)
    {
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(garbage);
        PhysicalMemory memory = new(machine.Memory);
        foreach (Segment segment in start.Loaded)
        {
            memory.Load(segment);
        }

        foreach (PhysicalRange range in start.Foreign)
        {
            // What lies there nobody knows: every byte is another, so that one out of place shows.
            memory.Set(range.Start.Value, garbage.Bytes(range.Length));
        }

        PhysicalRange tables = LoadTables(start, machine, memory);
        Guard(start, memory, tables);
        LocalApic apic = new() { Spurious = LeftSpurious };
        memory.Attach(LocalApic.DefaultBase, apic);
        X64State state = State(start.Entry, machine, tables.Start, garbage);
        Interrupt(apic, garbage);
        X64Processor processor = new(memory, new X64Options
        {
            LocalApic = apic,
            Losses = new Garbage(garbage.Next()),
            RefusesStaleEntries = true,
            Cpuid = X64Cpuid.QemuMax(
                fiveLevel: true, gigabytePages: machine.GigabytePages, physicalBits: machine.PhysicalBits,
                extendedApic: true),
        })
        {
            State = state,
        };
        memory.Log = new WriteLog(processor);
        return new KexecMachine(memory, processor, apic);
    }

    /// <summary>Outside of every segment: that much is promised, and no more.</summary>
    private static PhysicalRange LoadTables(CrossingStart start, X64ProofMachine machine, PhysicalMemory memory)
    {
        int levels = machine.FiveLevel ? 5 : 4;
        RangeSet taken = RangeSet.Of(start.Loaded.Select(segment => segment.Destination)).Union(start.Writable);
        RangeSet mapped = machine.Ram.Union(taken);
        ulong length = IdentityTables.Measure(mapped, levels, machine.GigabytePages);
        PhysicalRange place = machine.Ram.Subtract(taken).ShrinkTo(PhysicalMemory.PageSize)
            .LastOrDefault(range => range.Length >= length);
        if (place.Length < length)
        {
            throw new MemoryFaultException(
                MemoryFault.OutsideMemory, place.Start, "no memory is left for the running kernel's own page tables");
        }

        place = new PhysicalRange(place.End - length, length);
        memory.Load(new Segment(
            "the running kernel's page tables",
            place,
            SegmentContent.OfBytes(IdentityTables.Build(mapped, levels, machine.GigabytePages, place.Start), "tables")));
        return place;
    }

    /// <summary>The crossing may write to what is its own, and to nothing else.</summary>
    private static void Guard(CrossingStart start, PhysicalMemory memory, PhysicalRange tables)
    {
        foreach (Segment segment in start.Loaded)
        {
            memory.Guard(segment, start.Writable);
        }

        memory.Guard(tables, "the running kernel's, its page tables for instance");
        RangeSet owned = RangeSet.Of(start.Loaded.Select(segment => segment.Destination).Append(tables)).Union(start.Writable);
        foreach (PhysicalRange range in memory.Ram.Subtract(owned))
        {
            memory.Guard(range, "not the handoff's to write");
        }
    }

    private static X64State State(PhysicalAddress entry, X64ProofMachine machine, PhysicalAddress tables, Garbage garbage)
    {
        Dictionary<string, RegisterPromise> promises =
            LinuxKexecX64.Registers(machine.FiveLevel, entry).ToDictionary(promise => promise.Name);
        ulong Of(string name) => promises[name].Fill(garbage.Next());
        ushort Selector(string name) => unchecked((ushort)Of(name));
        SegmentState Data(string name) => SegmentState.Data(Selector(name));

        // What the task register and the LDT hold is the old kernel's, and so is the memory that they point to.
        ulong apicBase = LocalApic.BaseAfterReset | (machine.ExtendedApic ? LocalApic.BaseExtended : 0);
        ulong efer = Of("efer") & (X64Efer.SCE | X64Efer.LME | X64Efer.LMA | X64Efer.NXE);
        return new X64State
        {
            General = [.. Enum.GetNames<X64Register>().Select(name => Of(name.ToLowerInvariant()))],
            Rip = Of("rip"),
            Rflags = Of("rflags"),
            Segments =
            [
                Data("es"), SegmentState.Code64(Selector("cs")), Data("ss"), Data("ds"), Data("fs"), Data("gs"),
                new SegmentState(Selector("ldtr"), 0, 0, 0x0082),
                new SegmentState(Selector("tr"), garbage.Next() >> 17, 0x206F, 0x008B),
            ],
            Gdtr = new TableRegister(Canonical(Of("gdtr_base")), Selector("gdtr_limit")),
            Idtr = new TableRegister(Canonical(Of("idtr_base")), Selector("idtr_limit")),
            Cr0 = Of("cr0"),
            Cr2 = Of("cr2"),
            Cr3 = tables.Value,
            Cr4 = Of("cr4"),
            Cr8 = Of("cr8") & 0xF,
            Efer = efer,
            Msrs = ImmutableSortedDictionary<uint, ulong>.Empty
                .Add(KernelGsBase, Canonical(Of("kernel_gs_base")))
                .Add(LocalApic.BaseMsr, apicBase),
        };
    }

    /// <summary>Whatever came after Linux had disabled interrupts is still requested: here all that can be.</summary>
    private static void Interrupt(LocalApic apic, Garbage garbage)
    {
        while (apic.Unended.Count < InService)
        {
            apic.Serve((byte)(FirstVector + (garbage.Next() % (256 - FirstVector))));
        }

        for (int vector = FirstVector; vector < 256; vector++)
        {
            apic.Request((byte)vector);
        }
    }

    private static ulong Canonical(ulong address) => unchecked((ulong)((long)(address << 16) >> 16));
}
