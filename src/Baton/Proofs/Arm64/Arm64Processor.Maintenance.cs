namespace Baton.Proofs.Arm64;

/// <summary>The system instructions: cache and TLB maintenance, and address translation into PAR_EL1.</summary>
public sealed partial class Arm64Processor
{
    /// <summary>SYS: cache and TLB maintenance and address translation, told apart by CRn, op1, CRm and op2.</summary>
    private void Maintain(ref Arm64Instruction i)
    {
        int op1 = (int)(i.Immediate >> 11 & 7);
        int crn = (int)(i.Immediate >> 7 & 15);
        int crm = (int)(i.Immediate >> 3 & 15);
        int op2 = (int)(i.Immediate & 7);
        ulong operand = _x[i.D];
        switch (crn, op1, crm, op2)
        {
            case (8, 0, _, _):
            case (8, 4, _, _) when ExceptionLevel == 2:
                Array.Clear(_tlb);
                _codeBase = NoPage;
                break;
            case (7, 0, 1 or 5, 0):
                Caches.InvalidateAllInstructions();
                break;
            case (7, 3, 5, 1):
                ref TlbEntry code = ref Entry(operand, Arm64Access.Read, SyndromeIsMaintenance | SyndromeIsWrite);
                Caches.InvalidateInstructions(code.Cache, LineOf(operand));
                break;
            case (7, 0, 6, 1):
                InvalidateLine(operand);
                break;
            case (7, 3, 10 or 12 or 13, 1):
                ref TlbEntry cleaned = ref Entry(operand, Arm64Access.Read, SyndromeIsMaintenance | SyndromeIsWrite);
                Caches.CleanToCoherency(cleaned.Cache, LineOf(operand));
                break;
            case (7, 3, 11, 1):
                ref TlbEntry unified = ref Entry(operand, Arm64Access.Read, SyndromeIsMaintenance | SyndromeIsWrite);
                Caches.CleanToUnification(unified.Cache, LineOf(operand));
                break;
            case (7, 3, 14, 1):
                ref TlbEntry both = ref Entry(operand, Arm64Access.Read, SyndromeIsMaintenance | SyndromeIsWrite);
                Caches.CleanToCoherency(both.Cache, LineOf(operand));
                Caches.Invalidate(both.Cache, LineOf(operand));
                break;
            case (7, 3, 4, 1):
                ZeroLine(operand);
                break;
            case (7, 0, 6 or 10 or 14, 2):
                BySetAndWay(operand, cleans: crm != 6, invalidates: crm != 10);
                break;
            case (7, 0, 8, 0 or 1):
            case (7, 4, 8, 0 or 1) when ExceptionLevel == 2:
                TranslateIntoRegister(operand, op1, op2 == 0 ? Arm64Access.Read : Arm64Access.Write, ref i);
                break;
            default:
                throw NotSimulatedInstruction(i.Word, $"sys #{op1}, c{crn}, c{crm}, #{op2}, which is not simulated");
        }
    }

    /// <summary>DC IVAC: what the line held and memory does not is lost, so a dirty line is refused.</summary>
    private void InvalidateLine(ulong address)
    {
        ref TlbEntry entry = ref Entry(address, Arm64Access.Write, SyndromeIsMaintenance | SyndromeIsWrite);
        if ((entry.Cache.Dirty & ~entry.Cache.CleaningToCoherency & LineOf(address)) != 0)
        {
            ulong line = (entry.Page.Address | (address & PageMask)) & ~(ulong)(CacheModel.LineSize - 1);
            throw new Arm64FaultException(
                Arm64FaultCause.StaleData, $"dc ivac at 0x{_pc:x} throws away line 0x{line:x}, which is dirty", _pc);
        }

        Caches.Invalidate(entry.Cache, LineOf(address));
    }

    private void ZeroLine(ulong address)
    {
        ulong start = address & ~(ulong)(CacheModel.LineSize - 1);
        ref TlbEntry entry = ref Entry(address, Arm64Access.Write, SyndromeIsWrite);
        if (entry.Translation.IsDevice)
        {
            throw Raise(
                Arm64ExceptionClass.DataAbort, (uint)FaultStatus.Alignment | SyndromeIsWrite,
                $"dc zva of device memory at 0x{address:x}", address);
        }

        for (int offset = 0; offset < CacheModel.LineSize; offset += 8)
        {
            WriteInPage(ref entry, start + (ulong)offset, 8, 0);
        }
    }

    private void BySetAndWay(ulong operand, bool cleans, bool invalidates)
    {
        // 4 ways: bits 31 and 30; 64-byte lines: the set starts at bit 6; the level is in bits 3 to 1.
        if ((operand >> 1 & 7) != 0)
        {
            return;
        }

        int set = (int)(operand >> 6 & (CacheModel.Sets - 1));
        if (!cleans && Caches.DirtyLine(set) is { } line)
        {
            throw new Arm64FaultException(
                Arm64FaultCause.StaleData,
                $"dc isw at 0x{_pc:x} throws away what set {set} holds, and line 0x{line:x} is dirty", _pc);
        }

        Caches.BySetAndWay(set, (int)(operand >> 30 & 3), cleans, invalidates);
    }

    /// <summary>AT S1E1R, S1E1W, S1E2R and S1E2W: the answer is in PAR_EL1.</summary>
    private void TranslateIntoRegister(ulong address, int op1, Arm64Access access, ref Arm64Instruction i)
    {
        if ((op1 == 4 ? 2 : 1) != ExceptionLevel)
        {
            throw NotSimulatedInstruction(i.Word, "translation for another exception level");
        }

        Translation translation = _walker.Translate(_regime, address, out TranslationFault? fault, null);
        fault ??= Forbids(translation, access, address);
        _system[Arm64SystemRegister.ParEl1] = fault is { } found
            ? 0x801 | ((ulong)found.Status << 1)
            : 0x800 | (translation.Page << PageBits) | (AttributeOf(translation) << 56);
    }

    /// <summary>PAR_EL1.ATTR, as MAIR has it.</summary>
    private static ulong AttributeOf(Translation translation) =>
        translation.IsDevice ? 0UL : translation.IsCacheable ? 0xffUL : 0x44UL;
}
