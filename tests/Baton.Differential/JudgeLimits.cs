namespace Baton.Differential;

/// <summary>
/// Where the judge is known to be unlike a processor: what the manual says and QEMU's translator does not do. Asked only
/// when there is a difference, and each rule is as narrow as what is known.
/// </summary>
public static class JudgeLimits
{
    private const int InvalidOpcode = 6;
    private const int NotPresent = 11;
    private const int StackFault = 12;
    private const int GeneralProtection = 13;
    private const int PageFault = 14;
    private const uint WriteError = 2;
    private const int RipRelative = 5;
    private const ulong AccessSize = 16;

    /// <summary>The reason why a difference says nothing about the candidate; null when it does.</summary>
    public static string? Explain(InstructionCase input, CaseResult judge, CaseResult candidate)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(judge);
        ArgumentNullException.ThrowIfNull(candidate);
        if (input.Facts.HasLock && candidate.Vector == InvalidOpcode)
        {
            return "QEMU carries out what LOCK is not allowed before";
        }

        if (input.Template.Name == "enter" && judge.Vector is null && candidate.Vector is StackFault or PageFault)
        {
            return "QEMU does not try the last stack pointer of ENTER";
        }

        if (input.Mode.Is64 && candidate.Vector == GeneralProtection && judge.Vector == GeneralProtection
            && candidate.Rip == input.Rip && judge.Rip != input.Rip)
        {
            return "QEMU notices a target that is not canonical when it fetches there";
        }

        if (input.Template.Name == "wrmsr" && judge.Vector is null && candidate.Vector == GeneralProtection)
        {
            return "QEMU writes a base that is not canonical";
        }

        if (input.Mode.Bits == 16 && candidate.Vector is StackFault or GeneralProtection
            && candidate.ErrorCode is null or 0 && judge.Vector != candidate.Vector)
        {
            return "QEMU does not compare addresses with limits";
        }

        if (input.Mode.Is64 && input.Template.Name == "call.rm" && candidate.Vector == GeneralProtection
            && judge.Vector == PageFault)
        {
            return "QEMU pushes before it notices a target that is not canonical";
        }

        if (input.Mode.Is64 && candidate.Vector == StackFault && judge.Vector == GeneralProtection)
        {
            return "QEMU takes an address of the stack that is not canonical for any other";
        }

        if (input.Template.Name == "cmps" && candidate.Vector is PageFault or GeneralProtection
            && judge.Vector is PageFault or GeneralProtection)
        {
            return "which operand of CMPS faults first is not said";
        }

        if (input.Template.Is("popsreg") && judge.Vector == PageFault)
        {
            return "QEMU reads more than the selector that POP takes";
        }

        if (input.Template.Name == "sgdt-sidt" && judge.Vector is not null && judge.Vector == candidate.Vector)
        {
            return "QEMU stores the limit of a table before the base faults";
        }

        if (input.Template.Name == "iret" && DifferOnlyInMemory(judge, candidate)
            && candidate.Changes.Except(judge.Changes).All(IsDescriptor))
        {
            return "QEMU's IRET does not mark the descriptor of the stack as accessed";
        }

        if (input.Template.Name == "iret" && judge.Vector == NotPresent && candidate.Vector == StackFault
            && judge.ErrorCode == candidate.ErrorCode)
        {
            return "QEMU's IRET takes a stack segment that is not present for any other";
        }

        if (input.Mode.Is64 && input.Template.Name == "iret" && candidate.Vector == PageFault
            && judge.Vector is not null && judge.Rip == candidate.Rip)
        {
            return "whether IRETQ looks at the selector or reads the rest of the frame first is not said";
        }

        if (input.Mode.Is64 && input.Template.Name == "shld-shrd.i8" && (input.Facts.ModRm & 0xC7) == RipRelative)
        {
            return "QEMU counts from before the immediate of SHLD and SHRD";
        }

        if (input.Template.Name == "pusha-popa" && judge.Vector == candidate.Vector && judge.Vector == PageFault)
        {
            return "QEMU stops halfway in PUSHA and POPA";
        }

        if (input.Template.Name is "push.sreg" or "push.fs-gs" && input.Facts.OperandSize != 16
            && DifferOnlyInMemory(judge, candidate))
        {
            return "QEMU pushes a segment register with zeros above it, later processors do not write them";
        }

        if (input.Template.Name == "sgdt-sidt" && input.Facts.OperandSize == 16 && DifferOnlyInMemory(judge, candidate))
        {
            return "QEMU stores 24 bits of a table's base, as the 80286 did";
        }

        if (input.Facts.Segment == 0 && !input.Mode.IsReal && candidate.Vector == GeneralProtection && candidate.ErrorCode == 0)
        {
            return "QEMU writes through CS";
        }

        if (judge.Vector == PageFault && candidate.Vector == PageFault && judge.Cr2 == candidate.Cr2
            && candidate.ErrorCode == (judge.ErrorCode | WriteError))
        {
            return "QEMU reads what it is going to write, and reports a read";
        }

        if (judge.Vector == PageFault && candidate.Vector == PageFault && judge.Cr2 - candidate.Cr2 + AccessSize < 2 * AccessSize)
        {
            return "which of two pages of an access faults first is not said";
        }

        if (input.Template.Name == "lss-lfs-lgs" && input.Facts.OperandSize == 64)
        {
            return "QEMU loads far pointers of 64 bits as AMD does, with 32 bits of offset";
        }

        if (input.Template.Name == "lar-lsl" && input.Mode.IsLong && (judge.Flags & ~candidate.Flags & StatusFlags.Zero) != 0)
        {
            return "QEMU's LAR and LSL know 16-bit system segments in long mode";
        }

        if (judge.Selectors[1] < 4 && !input.Mode.IsReal && judge.Vector is null && candidate.Vector == GeneralProtection)
        {
            return "QEMU loads SS with null selectors of another privilege and for compatibility mode";
        }

        return null;
    }

    private static bool IsDescriptor(MemoryChange change) =>
        change.Address is >= GuestLayout.Gdt and < GuestLayout.Gdt + GuestLayout.GdtOfCases;

    private static bool DifferOnlyInMemory(CaseResult judge, CaseResult candidate) =>
        judge.Vector == candidate.Vector && judge.Rip == candidate.Rip
        && judge.Registers.AsSpan().SequenceEqual(candidate.Registers)
        && judge.Selectors.AsSpan().SequenceEqual(candidate.Selectors);
}
