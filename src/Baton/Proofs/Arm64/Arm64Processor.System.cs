namespace Baton.Proofs.Arm64;

/// <summary>PSTATE, system registers, exception return, barriers, and cache and TLB maintenance.</summary>
public sealed partial class Arm64Processor
{
    /// <summary>D, A, I and F in bits 9 to 6, as DAIF and SPSR hold them.</summary>
    private const ulong AllInterrupts = 0x3c0;

    private const ulong BigEndian = 1UL << 25;
    private const ulong IllegalState = 1UL << 20;
    private const ulong SoftwareStep = 1UL << 21;
    private const ulong Pan = 1UL << 22;
    private const ulong Uao = 1UL << 23;
    private const ulong Dit = 1UL << 24;
    private const ulong Ssbs = 1UL << 12;
    private const ulong HostExtensions = 1UL << 34;
    private const ulong TrapGeneral = 1UL << 27;

    private readonly Dictionary<Arm64SystemRegister, ulong> _system = [];

    /// <summary>The stack pointers that are not in use: of EL0, EL1 and EL2.</summary>
    private readonly ulong[] _stacks = new ulong[3];
    private ulong _daif;

    /// <summary>A register of the translation that was written since the last ISB.</summary>
    private Arm64SystemRegister? _unsynchronized;

    /// <summary>PAN, UAO, DIT and SSBS, where SPSR holds them.</summary>
    private ulong _otherState;

    /// <summary>1 or 2 (CurrentEL).</summary>
    public int ExceptionLevel { get; private set; }

    /// <summary>Whether SP is the level's own, and not EL0's (SPSel).</summary>
    public bool UsesOwnStack { get; private set; }

    /// <summary>PSTATE as SPSR_ELx would hold it.</summary>
    public ulong Pstate => _flags | _daif | _otherState | ((ulong)ExceptionLevel << 2) | (UsesOwnStack ? 1UL : 0);

    /// <summary>Whether addresses are translated now.</summary>
    public bool IsMmuOn => _regime.IsOn;

    /// <summary>Whether data may be held in the cache (SCTLR.C).</summary>
    public bool IsDataCacheOn => _regime.DataCache;

    /// <summary>Whether instructions may be held in the cache (SCTLR.I).</summary>
    public bool IsInstructionCacheOn => _regime.InstructionCache;

    /// <summary>Reads a system register as its own storage, whatever the exception level.</summary>
    public ulong ReadSystemRegister(Arm64SystemRegister register) => register switch
    {
        Arm64SystemRegister.SPSel => UsesOwnStack ? 1UL : 0,
        Arm64SystemRegister.CurrentEL => (ulong)ExceptionLevel << 2,
        Arm64SystemRegister.Nzcv => _flags,
        Arm64SystemRegister.Daif => _daif,
        Arm64SystemRegister.Pan => _otherState & Pan,
        Arm64SystemRegister.Uao => _otherState & Uao,
        Arm64SystemRegister.Dit => _otherState & Dit,
        Arm64SystemRegister.Ssbs => _otherState & Ssbs,
        Arm64SystemRegister.SpEl0 => StackOf(0),
        Arm64SystemRegister.SpEl1 => StackOf(1),
        Arm64SystemRegister.CntpctEl0 => Instructions,
        Arm64SystemRegister.CntvctEl0 => unchecked(Instructions - _system[Arm64SystemRegister.CntvoffEl2]),
        Arm64SystemRegister.CcsidrEl1 => CacheSize,
        _ => _system[register],
    };

    /// <summary>Writes a system register, read-only ones included, as whoever starts the machine may.</summary>
    /// <exception cref="Arm64FaultException">The value asks for something that is not simulated.</exception>
    public void WriteSystemRegister(Arm64SystemRegister register, ulong value)
    {
        switch (register)
        {
            case Arm64SystemRegister.SPSel:
                SelectStack(ExceptionLevel, (value & 1) != 0);
                return;
            case Arm64SystemRegister.CurrentEL:
                SelectStack((int)(value >> 2 & 3), UsesOwnStack);
                break;
            case Arm64SystemRegister.Nzcv:
                Nzcv = unchecked((uint)value);
                return;
            case Arm64SystemRegister.Daif:
                _daif = value & AllInterrupts;
                return;
            case Arm64SystemRegister.Pan:
                SetState(Pan, value & Pan);
                return;
            case Arm64SystemRegister.Uao:
                SetState(Uao, value & Uao);
                return;
            case Arm64SystemRegister.Dit:
                SetState(Dit, value & Dit);
                return;
            case Arm64SystemRegister.Ssbs:
                SetState(Ssbs, value & Ssbs);
                return;
            case Arm64SystemRegister.SpEl0:
                SetStackOf(0, value);
                return;
            case Arm64SystemRegister.SpEl1:
                SetStackOf(1, value);
                return;
            case Arm64SystemRegister.SctlrEl1 or Arm64SystemRegister.SctlrEl2 when (value & BigEndian) != 0:
                throw new Arm64FaultException(Arm64FaultCause.NotSimulated, $"SCTLR.EE: big-endian data at 0x{_pc:x}", _pc);
            default:
                break;
        }

        _system[register] = value;
        ChangeContext();
    }

    private void ChangeContext()
    {
        _regime = MakeRegime();
        Array.Clear(_tlb);
        _codeBase = NoPage;
    }

    private TranslationRegime MakeRegime()
    {
        bool isEl2 = ExceptionLevel == 2;
        bool isHost = isEl2 && (_system[Arm64SystemRegister.HcrEl2] & HostExtensions) != 0;
        ulong sctlr = _system[isEl2 ? Arm64SystemRegister.SctlrEl2 : Arm64SystemRegister.SctlrEl1];
        return new()
        {
            Level = ExceptionLevel,
            IsOn = (sctlr & 1) != 0,
            ChecksAlignment = (sctlr & 2) != 0,
            DataCache = (sctlr & 5) == 5,
            ChecksStack = (sctlr & 8) != 0,
            InstructionCache = (sctlr & (1 << 12)) != 0,
            WritableIsNotExecutable = (sctlr & (1 << 19)) != 0,
            HasUpperHalf = !isEl2 || isHost,
            LowerTable = _system[isEl2 ? Arm64SystemRegister.Ttbr0El2 : Arm64SystemRegister.Ttbr0El1],
            UpperTable = _system[isEl2 ? Arm64SystemRegister.Ttbr1El2 : Arm64SystemRegister.Ttbr1El1],
            Tcr = _system[isEl2 ? Arm64SystemRegister.TcrEl2 : Arm64SystemRegister.TcrEl1],
            Mair = _system[isEl2 ? Arm64SystemRegister.MairEl2 : Arm64SystemRegister.MairEl1],
            PrivilegedAccessNever = (_otherState & Pan) != 0,
        };
    }

    /// <summary>CCSIDR_EL1: there is the first level alone, with 64-byte lines, 4 ways and 256 sets.</summary>
    private ulong CacheSize => (_system[Arm64SystemRegister.CsselrEl1] & 0xe) == 0
        ? ((ulong)(CacheModel.Sets - 1) << 13) | ((ulong)(CacheModel.Ways - 1) << 3) | 2
        : 0UL;

    private ulong StackOf(int level) => level == StackInUse ? StackPointer : _stacks[level];

    private void SetStackOf(int level, ulong value)
    {
        if (level == StackInUse)
        {
            StackPointer = value;
        }
        else
        {
            _stacks[level] = value;
        }
    }

    private int StackInUse => UsesOwnStack ? ExceptionLevel : 0;

    private void SelectStack(int level, bool usesOwn)
    {
        _stacks[StackInUse] = StackPointer;
        ExceptionLevel = level;
        UsesOwnStack = usesOwn;
        StackPointer = _stacks[StackInUse];
    }

    private void SetState(ulong bit, ulong value)
    {
        _otherState = (_otherState & ~bit) | value;
        if (bit == Pan)
        {
            ChangeContext();
        }
    }

    private void ReturnFromException()
    {
        bool isEl2 = ExceptionLevel == 2;
        ulong spsr = _system[isEl2 ? Arm64SystemRegister.SpsrEl2 : Arm64SystemRegister.SpsrEl1];
        ulong elr = _system[isEl2 ? Arm64SystemRegister.ElrEl2 : Arm64SystemRegister.ElrEl1];
        int mode = (int)(spsr & 0x1f);
        int level = mode >> 2;
        if ((mode & 0x10) != 0 || level == 0)
        {
            throw new Arm64FaultException(
                Arm64FaultCause.NotSimulated,
                $"eret at 0x{_pc:x} goes to {(level == 0 && mode < 0x10 ? "EL0" : "AArch32")} (SPSR 0x{spsr:x})", _pc);
        }

        if ((spsr & (IllegalState | SoftwareStep)) != 0)
        {
            throw new Arm64FaultException(
                Arm64FaultCause.NotSimulated,
                $"eret at 0x{_pc:x} with IL or SS (SPSR 0x{spsr:x}): the next instruction would fault, or be stepped over", _pc);
        }

        ulong hcr = _system[Arm64SystemRegister.HcrEl2];
        if (level > ExceptionLevel || (mode & 2) != 0)
        {
            throw Raise(Arm64ExceptionClass.IllegalState, 0, $"eret to a level that is not below: SPSR 0x{spsr:x}", null);
        }

        if (isEl2 && level == 1 && ((hcr & 1) != 0 || (hcr & (1UL << 31)) == 0 || (hcr & TrapGeneral) != 0))
        {
            throw new Arm64FaultException(
                Arm64FaultCause.NotSimulated,
                $"eret at 0x{_pc:x} to EL1 with a second stage, with AArch32 or with TGE (HCR_EL2 0x{hcr:x})", _pc);
        }

        _flags = (uint)(spsr & 0xf000_0000);
        _daif = spsr & AllInterrupts;
        _otherState = spsr & (Pan | Uao | Dit | Ssbs);
        SelectStack(level, (mode & 1) != 0);
        ChangeContext();
        Caches.Synchronize();
        _unsynchronized = null;
        _monitored = null;
        _next = Untagged(elr);
    }

    /// <summary>An address as a branch takes it: without its tag, where the top byte is ignored.</summary>
    private ulong Untagged(ulong address)
    {
        bool isUpper = _regime.HasUpperHalf && (address >> 55 & 1) != 0;
        return !_regime.IgnoresTopByte(isUpper)
            ? address
            : isUpper ? address | (0xffUL << 56) : address & (ulong.MaxValue >> 8);
    }
}
