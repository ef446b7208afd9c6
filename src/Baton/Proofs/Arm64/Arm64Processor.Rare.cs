namespace Baton.Proofs.Arm64;

/// <summary>The operations that are not worth a place in the first switch, and what system registers need.</summary>
public sealed partial class Arm64Processor
{
    private void ExecuteRare(ref Arm64Instruction i)
    {
        switch (i.Operation)
        {
            case Arm64Operation.LoadUnprivileged:
            case Arm64Operation.StoreUnprivileged:
                AccessUnprivileged(ref i);
                break;
            case Arm64Operation.LoadExclusive:
                LoadExclusive(ref i, isPair: false);
                break;
            case Arm64Operation.LoadExclusivePair:
                LoadExclusive(ref i, isPair: true);
                break;
            case Arm64Operation.StoreExclusive:
                StoreExclusive(ref i, isPair: false);
                break;
            case Arm64Operation.StoreExclusivePair:
                StoreExclusive(ref i, isPair: true);
                break;
            case Arm64Operation.LoadAcquire:
                LoadAcquire(ref i);
                break;
            case Arm64Operation.StoreRelease:
                StoreRelease(ref i);
                break;
            case Arm64Operation.CompareAndSwap:
                CompareAndSwap(ref i);
                break;
            case Arm64Operation.CompareAndSwapPair:
                CompareAndSwapPair(ref i);
                break;
            case >= Arm64Operation.AtomicAdd and <= Arm64Operation.Swap:
                Atomic(ref i);
                break;
            case Arm64Operation.Eret:
                ReturnFromException();
                break;
            case Arm64Operation.Clrex:
                _monitored = null;
                break;
            case Arm64Operation.Dsb when !i.Flag:
                break;
            case Arm64Operation.Dsb:
                Caches.Complete();
                break;
            case Arm64Operation.Isb:
                Caches.Synchronize();
                _unsynchronized = null;
                break;
            case Arm64Operation.Mrs:
                _x[i.D] = ReadSystemRegister(Reachable(ref i, isWrite: false));
                break;
            case Arm64Operation.Msr:
                Arm64SystemRegister register = Reachable(ref i, isWrite: true);
                NoteUnsynchronized(register);
                WriteSystemRegister(register, _x[i.D]);
                break;
            case Arm64Operation.MsrImmediate:
                SetStateField(ref i);
                break;
            case Arm64Operation.SystemInstruction:
                Maintain(ref i);
                break;
            case Arm64Operation.InvertCarry:
                _flags ^= Arm64Arithmetic.Carry;
                break;
            case Arm64Operation.FlagsFromExternal:
                ConvertFlagsFromExternal();
                break;
            case Arm64Operation.FlagsToExternal:
                ConvertFlagsToExternal();
                break;
            default:
                throw Refused(ref i);
        }
    }

    private Arm64FaultException Refused(ref Arm64Instruction i) => i.Operation switch
    {
        Arm64Operation.Svc => Raise(Arm64ExceptionClass.Svc, (uint)i.Immediate, $"svc #0x{i.Immediate:x}", null),
        Arm64Operation.Hvc => Raise(Arm64ExceptionClass.Hvc, (uint)i.Immediate, $"hvc #0x{i.Immediate:x}", null),
        Arm64Operation.Smc => Raise(Arm64ExceptionClass.Smc, (uint)i.Immediate, $"smc #0x{i.Immediate:x}", null),
        Arm64Operation.Brk => Raise(Arm64ExceptionClass.Brk, (uint)i.Immediate, $"brk #0x{i.Immediate:x}", null),
        Arm64Operation.Unpredictable => new(
            Arm64FaultCause.Unpredictable,
            $"0x{i.Word:x8} at 0x{_pc:x}: its registers overlap in a way that the manual leaves to the processor", _pc),
        Arm64Operation.NotSimulated => NotSimulatedInstruction(
            i.Word, "an instruction of an extension that is not simulated"),
        _ => UndefinedInstruction(i.Word, "the architecture has no such instruction"),
    };

    /// <summary>The register that MRS or MSR names, if it may be used from here.</summary>
    private Arm64SystemRegister Reachable(ref Arm64Instruction i, bool isWrite)
    {
        int encoding = (int)i.Immediate;
        bool isHost = ExceptionLevel == 2 && (_system[Arm64SystemRegister.HcrEl2] & HostExtensions) != 0;
        if (isHost)
        {
            encoding = HostRegisters.Redirect(encoding);
        }

        string verb = isWrite ? "msr" : "mrs";
        SystemRegisterRow row = Arm64SystemRegisterTable.Find(encoding) ?? throw NotSimulatedInstruction(
            i.Word, $"{verb} of {Arm64SystemRegisterTable.NameOf(encoding)}, which is not simulated");
        if (ExceptionLevel < row.Level)
        {
            throw UndefinedInstruction(i.Word, $"{verb} of {row.Name} at EL{ExceptionLevel}");
        }

        if (row.Access == (isWrite ? RegisterAccess.RO : RegisterAccess.WO))
        {
            throw UndefinedInstruction(i.Word, $"{verb} of {row.Name}, which is {(isWrite ? "read" : "write")}-only");
        }

        // SP_EL0 has no name while it is SP itself.
        return row.Register == Arm64SystemRegister.SpEl0 && !UsesOwnStack
            ? throw UndefinedInstruction(i.Word, $"{verb} of SP_EL0 while SPSel is 0")
            : row.Register;
    }

    /// <summary>
    /// Notes a write that changes how addresses are translated. It takes effect here at once, on a real processor at some
    /// time before the next ISB: until then only fetches from the same page are sure.
    /// </summary>
    private void NoteUnsynchronized(Arm64SystemRegister register)
    {
        bool isEl2 = ExceptionLevel == 2;
        bool always = register == (isEl2 ? Arm64SystemRegister.SctlrEl2 : Arm64SystemRegister.SctlrEl1)
            || (isEl2 && register == Arm64SystemRegister.HcrEl2);
        bool whenTranslating = isEl2
            ? register is Arm64SystemRegister.Ttbr0El2 or Arm64SystemRegister.TcrEl2 or Arm64SystemRegister.MairEl2
            : register is Arm64SystemRegister.Ttbr0El1 or Arm64SystemRegister.Ttbr1El1 or Arm64SystemRegister.TcrEl1
                or Arm64SystemRegister.MairEl1;
        if (always || (whenTranslating && _regime.IsOn))
        {
            _unsynchronized = register;
        }
    }

    private void SetStateField(ref Arm64Instruction i)
    {
        ulong value = i.Immediate;
        ulong bit = value & 1;
        switch (i.Kind)
        {
            case (0 << 3) | 3:
                SetState(Uao, bit != 0 ? Uao : 0);
                break;
            case (0 << 3) | 4:
                SetState(Pan, bit != 0 ? Pan : 0);
                break;
            case (0 << 3) | 5:
                SelectStack(ExceptionLevel, bit != 0);
                break;
            case (3 << 3) | 1:
                SetState(Ssbs, bit != 0 ? Ssbs : 0);
                break;
            case (3 << 3) | 2:
                SetState(Dit, bit != 0 ? Dit : 0);
                break;
            case (3 << 3) | 6:
                _daif |= value << 6;
                break;
            default:
                _daif &= ~(value << 6);
                break;
        }
    }

    /// <summary>XAFLAG.</summary>
    private void ConvertFlagsFromExternal()
    {
        bool z = (_flags & Arm64Arithmetic.IsZero) != 0;
        bool c = (_flags & Arm64Arithmetic.Carry) != 0;
        _flags = (!c && !z ? Arm64Arithmetic.Negative : 0) | (z && c ? Arm64Arithmetic.IsZero : 0)
            | (c || z ? Arm64Arithmetic.Carry : 0) | (!c && z ? Arm64Arithmetic.Overflow : 0);
    }

    /// <summary>AXFLAG.</summary>
    private void ConvertFlagsToExternal()
    {
        bool z = (_flags & Arm64Arithmetic.IsZero) != 0;
        bool c = (_flags & Arm64Arithmetic.Carry) != 0;
        bool v = (_flags & Arm64Arithmetic.Overflow) != 0;
        _flags = (z || v ? Arm64Arithmetic.IsZero : 0) | (c && !v ? Arm64Arithmetic.Carry : 0);
    }
}
