using Baton.Handoffs;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.X64;
using Baton.Trampolines;

namespace Baton.Protocols.LinuxX86.Clauses;

/// <summary>Mode, segments, flags and registers at the kernel's first instruction.</summary>
internal sealed class ProcessorClauses(LinuxX86Contract contract)
{
    private const ulong Cr0 = X64Cr0.PE | X64Cr0.ET | X64Cr0.NE | X64Cr0.PG;
    private const ulong StackSize = 4096;

    /// <summary>Bits 40 to 55 of a descriptor: what makes a flat 64-bit code segment, the accessed bit left out.</summary>
    private const ushort Code64Attributes = 0xA09A;
    private const ushort Data32Attributes = 0xC092;
    private const ushort Accessed = 1;

    private static readonly X64SegmentRegister[] Demanded =
        [X64SegmentRegister.Ds, X64SegmentRegister.Es, X64SegmentRegister.Ss];

    private static readonly X64SegmentRegister[] Others = [X64SegmentRegister.Fs, X64SegmentRegister.Gs];

    public IEnumerable<Clause<X64Arrival>> All =>
    [
        LongModeClause.By(LinuxX86Contract.Boot64),
        new(
            "code-segment",
            "CS is __BOOT_CS (0x10): flat, 4 GiB, execute and read.",
            LinuxX86Contract.Boot64,
            arrival => Segment(arrival, X64SegmentRegister.Cs, GlobalDescriptorTable.BootCode, Code64Attributes)),
        new(
            "data-segments",
            "DS, ES and SS are __BOOT_DS (0x18): flat, 4 GiB, read and write.",
            LinuxX86Contract.Boot64,
            arrival => DataSegments(arrival, Demanded)),
        new(
            "other-segments",
            "FS and GS are __BOOT_DS too.",
            LinuxX86Contract.OwnPromise,
            arrival => DataSegments(arrival, Others)),
        new("gdt", "The loaded GDT has __BOOT_CS and __BOOT_DS, in memory that stays.", LinuxX86Contract.Boot64, Gdt),
        new("interrupts", "Interrupts are disabled.", LinuxX86Contract.Boot64, Interrupts),
        new("idt", "The IDT is empty.", LinuxX86Contract.OwnPromise, Idt),
        new("flags", "All other flags are clear.", LinuxX86Contract.OwnPromise, Flags),
        new(
            "paging-levels",
            "5-level paging is on only for a kernel with XLF_5LEVEL, and only where the running kernel used it.",
            "boot.rst, xloadflags",
            Levels),
        new(
            "control-registers",
            "CR0 is PG, NE, ET and PE; CR4 is PAE, LA57 where it is wanted, and MCE as it was: a TDX guest may not clear it.",
            LinuxX86Contract.OwnPromise,
            ControlRegisters),
        new("general-registers", "Every general register but RSI and RSP is zero.", LinuxX86Contract.OwnPromise, General),
        new(
            "stack",
            "RSP is the end of a page of the crossing's own, apart from its code, GDT and page tables.",
            LinuxX86Contract.OwnPromise,
            Stack),
    ];

    private static Verdict DataSegments(X64Arrival arrival, X64SegmentRegister[] registers)
    {
        foreach (X64SegmentRegister register in registers)
        {
            if (Segment(arrival, register, GlobalDescriptorTable.BootData, Data32Attributes) is { Holds: false } broken)
            {
                return broken;
            }
        }

        return Verdict.Kept($"0x{GlobalDescriptorTable.BootData:x}");
    }

    private static Verdict Segment(X64Arrival arrival, X64SegmentRegister register, ushort selector, ushort attributes)
    {
        SegmentState found = arrival.State[register];
        bool isRight = found.Selector == selector && found is { Base: 0, Limit: uint.MaxValue }
            && (found.Attributes & ~Accessed) == attributes;
        return new Verdict(isRight, $"{register.ToString().ToUpperInvariant()} is {found}");
    }

    private static Verdict Gdt(X64Arrival arrival)
    {
        TableRegister gdtr = arrival.State.Gdtr;
        PhysicalAddress start = new(gdtr.Base);
        if (gdtr.Limit != GlobalDescriptorTable.Limit || !PhysicalRange.Fits(start, gdtr.Limit + 1UL))
        {
            return Verdict.Broken($"{gdtr}, expected the limit 0x{GlobalDescriptorTable.Limit:x}");
        }

        PhysicalRange table = new(start, gdtr.Limit + 1UL);
        if (LinuxX86Contract.Own(arrival)?.Destination.Contains(table) != true)
        {
            return Verdict.Broken($"{gdtr}: {table} is not in the crossing's own segment");
        }

        if (arrival.Space.WhyNotIdentity(table) is { } hole)
        {
            return Verdict.Broken($"{gdtr}: {hole}");
        }

        return Descriptor(arrival, gdtr, GlobalDescriptorTable.BootCode, Code64Attributes)
            ?? Descriptor(arrival, gdtr, GlobalDescriptorTable.BootData, Data32Attributes)
            ?? Verdict.Kept(gdtr.ToString());
    }

    /// <summary>Null when the descriptor is as it should be.</summary>
    private static Verdict? Descriptor(X64Arrival arrival, TableRegister gdtr, ushort selector, ushort attributes)
    {
        ulong descriptor = arrival.Read64(gdtr.Base + selector);
        ushort found = (ushort)((descriptor >> 40) & 0xF0FF);
        ulong limit = (descriptor & 0xFFFF) | ((descriptor >> 32) & 0xF_0000);
        ulong start = ((descriptor >> 16) & 0xFF_FFFF) | ((descriptor >> 32) & 0xFF00_0000);
        return (found & ~Accessed) == attributes && limit == 0xF_FFFF && start == 0
            ? null
            : Verdict.Broken($"the descriptor 0x{selector:x} is 0x{descriptor:x16}");
    }

    private static Verdict Interrupts(X64Arrival arrival) =>
        new((arrival.State.Rflags & X64Flags.IF) == 0, $"RFLAGS 0x{arrival.State.Rflags:x}");

    private static Verdict Idt(X64Arrival arrival) =>
        new(arrival.State.Idtr is { Base: 0, Limit: 0 }, arrival.State.Idtr.ToString());

    private static Verdict Flags(X64Arrival arrival) =>
        new((arrival.State.Rflags & ~X64Flags.IF) == X64Flags.Fixed, $"RFLAGS 0x{arrival.State.Rflags:x}");

    private Verdict Levels(X64Arrival arrival)
    {
        bool isOn = (arrival.State.Cr4 & X64Cr4.LA57) != 0;
        bool isWanted = arrival.Machine.FiveLevel && contract.Kernel.Takes5Level;
        string kernel = contract.Kernel.Takes5Level ? "the kernel takes 5" : "the kernel does not take 5";
        return new Verdict(isOn == isWanted, $"{(isOn ? 5 : 4)} levels, {kernel}");
    }

    private static Verdict ControlRegisters(X64Arrival arrival)
    {
        X64State state = arrival.State;
        ulong kept = arrival.Departure.Cr4 & X64Cr4.MCE;
        bool isRight = state.Cr0 == Cr0 && (state.Cr4 & ~X64Cr4.LA57) == (X64Cr4.PAE | kept);
        return new Verdict(isRight, $"CR0 0x{state.Cr0:x}, CR4 0x{state.Cr4:x}, 0x{arrival.Departure.Cr4:x} before");
    }

    private static Verdict General(X64Arrival arrival)
    {
        foreach (X64Register register in Enum.GetValues<X64Register>())
        {
            if (register is not (X64Register.Rsi or X64Register.Rsp) && arrival.State[register] != 0)
            {
                return Verdict.Broken($"{register.ToString().ToUpperInvariant()} is 0x{arrival.State[register]:x}");
            }
        }

        return Verdict.Kept("all zero");
    }

    private static Verdict Stack(X64Arrival arrival)
    {
        ulong top = arrival.State[X64Register.Rsp];
        if (top < StackSize || top % StackSize != 0 || LinuxX86Contract.Own(arrival) is not { } own)
        {
            return Verdict.Broken($"RSP is 0x{top:x}");
        }

        PhysicalRange stack = new(new PhysicalAddress(top - StackSize), StackSize);
        TableRegister gdtr = arrival.State.Gdtr;
        PhysicalRange gdt = new(new PhysicalAddress(gdtr.Base & (ulong.MaxValue >> 1)), gdtr.Limit + 1UL);
        string? problem = !own.Destination.Contains(stack) ? "which is not in the crossing's own segment"
            : stack.Overlaps(gdt) ? "which holds the GDT"
            : arrival.Space.Tables.Any(number => stack.Overlaps(new PhysicalRange(new(number * StackSize), StackSize)))
                ? "which holds page tables"
            : arrival.Space.WhyNotIdentity(stack);
        return Verdict.Unless(problem is null ? null : $"RSP is 0x{top:x}, below it {stack}, {problem}", $"RSP is 0x{top:x}");
    }
}
