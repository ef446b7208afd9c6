namespace Baton.Differential;

/// <summary>
/// Where the judge is known to be unlike a processor: what the manual says and QEMU's translator does not do. Asked only
/// when there is a difference, and each rule is as narrow as what is known.
/// </summary>
public static class JudgeLimits
{
    private const int InvalidOpcode = 6;
    private const int StackFault = 12;
    private const int GeneralProtection = 13;
    private const int PageFault = 14;
    private const uint WriteError = 2;
    private const ulong AccessSize = 16;
    private const ushort LongAndBig = 0xC0;

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

        if (input.Facts.Segment == 0 && !input.Mode.IsReal && candidate.Vector == GeneralProtection && candidate.ErrorCode == 0)
        {
            return "QEMU writes through CS";
        }

        if (judge.Selectors[0] == LongAndBig && judge.Vector is null && candidate.Vector == GeneralProtection)
        {
            return "QEMU runs code that is 64-bit and 32-bit at once";
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

        if (judge.Selectors[1] is > 0 and < 4 && candidate.Vector == GeneralProtection)
        {
            return "QEMU loads SS with a null selector of another privilege, as AMD does";
        }

        return null;
    }
}
