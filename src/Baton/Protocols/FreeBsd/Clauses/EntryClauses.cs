using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.Devices;
using Baton.Proofs.X64;

namespace Baton.Protocols.FreeBsd.Clauses;

/// <summary>Mode, flags and registers at btext.</summary>
internal static class EntryClauses
{
    private const ulong Cr0 = X64Cr0.PE | X64Cr0.ET | X64Cr0.NE | X64Cr0.PG;
    private const ulong Code64Attributes = 0xA09A;
    private const ulong Accessed = 1;
    private const int FrameSize = 16;

    public static IEnumerable<Clause<X64Arrival>> All =>
    [
        LongModeClause.By(FreeBsdContract.Entry),
        new(
            "paging-levels",
            "Paging has 4 levels, whatever the running kernel uses.",
            FreeBsdContract.Entry,
            arrival => new Verdict((arrival.State.Cr4 & X64Cr4.LA57) == 0, $"CR4 0x{arrival.State.Cr4:x}")),
        new(
            "global-pages",
            "CR4 has PAE, and neither PGE nor PCIDE: nothing of the old kernel's is left in the TLB.",
            FreeBsdContract.Entry,
            Cr4),
        new(
            "control-register-0",
            "CR0 is PG, NE, ET and PE: WP, AM, TS and EM are clear.",
            FreeBsdContract.Entry,
            arrival => new Verdict(arrival.State.Cr0 == Cr0, $"CR0 0x{arrival.State.Cr0:x}")),
        new("code-segment", "CS is a flat 64-bit code segment.", FreeBsdContract.Entry, CodeSegment),
        new("gdt", "CS comes from a GDT of the crossing's own, in memory that stays.", FreeBsdContract.Entry, Gdt),
        new("data-segments", "DS, ES, SS, FS and GS are flat.", FreeBsdContract.Entry, DataSegments),
        new(
            "interrupts",
            "Interrupts are disabled, there is no IDT, and the other flags are clear.",
            FreeBsdContract.Entry,
            arrival => new Verdict(
                arrival.State.Rflags == X64Flags.Fixed && arrival.State.Idtr is { Base: 0, Limit: 0 },
                $"RFLAGS 0x{arrival.State.Rflags:x}, IDTR {arrival.State.Idtr}")),
        new(
            "no-interrupt-waits",
            "The local APIC has no interrupt requested or in service, as the kernel has no handlers for the vectors of the one "
            + "before; it is set up as that one left it.",
            FreeBsdContract.Entry,
            NoInterruptWaits),
        new("general-registers", "Every general register but RSP is zero.", FreeBsdContract.Entry, General),
        new(
            "stack",
            "RSP points to the frame with modulep and kernend, in the crossing's own segment, mapped to itself.",
            FreeBsdContract.Entry,
            Stack),
    ];

    private static Verdict Cr4(X64Arrival arrival)
    {
        ulong kept = arrival.Departure.Cr4 & X64Cr4.MCE;
        ulong found = arrival.State.Cr4 & ~X64Cr4.LA57;
        return new Verdict(found == (X64Cr4.PAE | kept), $"CR4 0x{arrival.State.Cr4:x}, 0x{arrival.Departure.Cr4:x} before");
    }

    private static Verdict NoInterruptWaits(X64Arrival arrival)
    {
        if (arrival.LocalApic is not { } apic)
        {
            return Verdict.Kept("there is no local APIC");
        }

        bool isAsLeft = apic.Spurious == KexecMachine.LeftSpurious && apic.Priority == 0
            && apic.Base == arrival.Departure.Msrs.GetValueOrDefault(LocalApic.BaseMsr);
        return new Verdict(
            isAsLeft && apic.Waiting.Count == 0 && apic.Unended.Count == 0,
            $"{apic.Waiting.Count} requested, {apic.Unended.Count} in service, SVR 0x{apic.Spurious:x}, "
            + $"priority {apic.Priority}, APIC_BASE 0x{apic.Base:x}");
    }

    private static Verdict CodeSegment(X64Arrival arrival)
    {
        SegmentState code = arrival.State[X64SegmentRegister.Cs];
        return new Verdict(
            code is { Base: 0, Limit: uint.MaxValue } && (code.Attributes & ~Accessed) == Code64Attributes, $"CS is {code}");
    }

    private static Verdict Gdt(X64Arrival arrival)
    {
        TableRegister gdtr = arrival.State.Gdtr;
        ushort selector = arrival.State[X64SegmentRegister.Cs].Selector;
        PhysicalAddress start = new(gdtr.Base);
        if (selector == 0 || selector + 7 > gdtr.Limit || !PhysicalRange.Fits(start, gdtr.Limit + 1UL))
        {
            return Verdict.Broken($"{gdtr}, CS is 0x{selector:x}");
        }

        PhysicalRange table = new(start, gdtr.Limit + 1UL);
        ulong attributes = (arrival.Read64(gdtr.Base + selector) >> 40) & 0xF0FF & ~Accessed;
        bool isRight = FreeBsdContract.Own(arrival)?.Destination.Contains(table) == true
            && arrival.Space.WhyNotIdentity(table) is null && attributes == Code64Attributes && gdtr.Limit == 0x27
            && (arrival.Read64(gdtr.Base + selector) | (Accessed << 40)) == 0x00AF_9B00_0000_FFFF
            && arrival.Read64(gdtr.Base + arrival.State[X64SegmentRegister.Ds].Selector) == 0x00CF_9300_0000_FFFF;
        return new Verdict(isRight, $"{gdtr}, CS is 0x{selector:x}");
    }

    private static Verdict DataSegments(X64Arrival arrival)
    {
        foreach (X64SegmentRegister register in (X64SegmentRegister[])
            [X64SegmentRegister.Ds, X64SegmentRegister.Es, X64SegmentRegister.Ss, X64SegmentRegister.Fs, X64SegmentRegister.Gs])
        {
            SegmentState found = arrival.State[register];
            if (found is not { Base: 0, Limit: uint.MaxValue, Selector: 0x18 } || (found.Attributes & ~Accessed) != 0xC092)
            {
                return Verdict.Broken($"{register.ToString().ToUpperInvariant()} is {found}");
            }
        }

        return Verdict.Kept("all flat");
    }

    private static Verdict General(X64Arrival arrival)
    {
        foreach (X64Register register in Enum.GetValues<X64Register>())
        {
            if (register != X64Register.Rsp && arrival.State[register] != 0)
            {
                return Verdict.Broken($"{register.ToString().ToUpperInvariant()} is 0x{arrival.State[register]:x}");
            }
        }

        return Verdict.Kept("all zero");
    }

    private static Verdict Stack(X64Arrival arrival)
    {
        ulong top = arrival.State[X64Register.Rsp];
        if (!PhysicalRange.Fits(new PhysicalAddress(top), FrameSize) || top % FrameSize != 0
            || FreeBsdContract.Own(arrival) is not { } own)
        {
            return Verdict.Broken($"RSP is 0x{top:x}");
        }

        PhysicalRange frame = new(new PhysicalAddress(top), FrameSize);
        string? problem = !own.Destination.Contains(frame) ? "which is not in the crossing's own segment"
            : BitConverter.ToUInt32(arrival.Read(top, 4)) != 0 || BitConverter.ToUInt32(arrival.Read(top + 12, 4)) != 0
                ? "where something else is than modulep and kernend"
            : arrival.Space.WhyNotIdentity(frame);
        return Verdict.Unless(
            problem is null ? null : $"RSP is 0x{top:x}, {problem}",
            $"RSP is 0x{top:x}, modulep 0x{FreeBsdContract.ModuleP(arrival):x}, kernend 0x{FreeBsdContract.KernEnd(arrival):x}");
    }
}
