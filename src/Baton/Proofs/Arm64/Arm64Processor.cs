using System.Runtime.CompilerServices;

namespace Baton.Proofs.Arm64;

/// <summary>
/// A simulated AArch64 processor at EL1 or EL2: the A64 base integer instructions, translation with 4 KiB pages, and a
/// model of the caches that refuses what a real machine might answer with old data. It takes no exceptions: each is a
/// <see cref="Arm64FaultException"/>, because what it simulates runs between two kernels, where nobody handles any.
/// </summary>
public sealed partial class Arm64Processor : IProcessor
{
    private const int PageBits = 12;
    private const ulong PageMask = PhysicalMemory.PageSize - 1;

    /// <summary>Never the base of a page.</summary>
    private const ulong NoPage = 1;

    private readonly ulong[] _x = new ulong[Arm64Instruction.Registers];
    private readonly Dictionary<ulong, Arm64Instruction[]> _decoded = [];
    private ulong _pc;
    private ulong _next;
    private uint _flags;

    private ulong _codeBase = NoPage;
    private MemoryPage? _codePage;
    private CachePage? _codeCache;
    private Arm64Instruction[] _code = [];

    /// <param name="memory">The memory that it reads and writes.</param>
    /// <param name="exceptionLevel">1 or 2: where it starts, with the MMU and the caches off and interrupts masked.</param>
    public Arm64Processor(PhysicalMemory memory, int exceptionLevel = 2)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentOutOfRangeException.ThrowIfLessThan(exceptionLevel, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(exceptionLevel, 2);
        Memory = memory;
        Caches = new CacheModel();
        _walker = new TranslationWalker(memory, Caches);
        foreach (SystemRegisterRow row in Arm64SystemRegisterTable.Rows)
        {
            _system[row.Register] = row.Reset;
        }

        ExceptionLevel = exceptionLevel;
        UsesOwnStack = true;
        _daif = AllInterrupts;
        _regime = MakeRegime();
    }

    /// <inheritdoc/>
    public PhysicalMemory Memory { get; }

    /// <summary>The caches.</summary>
    public CacheModel Caches { get; }

    /// <inheritdoc/>
    public ulong Instructions { get; private set; }

    /// <inheritdoc/>
    public ulong ProgramCounter
    {
        get => _pc;
        set => _pc = value;
    }

    /// <summary>The stack pointer in use.</summary>
    public ulong StackPointer
    {
        get => _x[Arm64Instruction.StackPointer];
        set => _x[Arm64Instruction.StackPointer] = value;
    }

    /// <summary>The flags N, Z, C and V, in bits 31 to 28.</summary>
    public uint Nzcv
    {
        get => _flags;
        set => _flags = value & 0xf000_0000;
    }

    /// <summary>A general register: 0 to 30.</summary>
    public ulong this[int register]
    {
        get => _x[Checked(register)];
        set => _x[Checked(register)] = value;
    }

    /// <summary>The registers as they are.</summary>
    public Arm64State State => new([.. _x.AsSpan(0, 31)], StackPointer, _pc, (uint)Pstate);

    /// <inheritdoc/>
    public void ExecuteNext()
    {
        try
        {
            ulong pc = _pc;
            ref Arm64Instruction instruction = ref Fetch(pc);
            _next = unchecked(pc + 4);
            Execute(ref instruction);
            _pc = _next;
            Instructions++;
        }
        catch (MemoryFaultException fault)
        {
            throw OfMemory(fault);
        }
    }

    /// <summary>Fetches the next instruction and does not carry it out: what a crossing leads to must be there.</summary>
    /// <exception cref="Arm64FaultException">It cannot be fetched, or may be another than the one in memory.</exception>
    public void FetchNext()
    {
        try
        {
            Fetch(_pc);
        }
        catch (MemoryFaultException fault)
        {
            throw OfMemory(fault);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref Arm64Instruction Fetch(ulong pc)
    {
        if (((pc & ~PageMask) != _codeBase) | ((pc & 3) != 0))
        {
            EnterPage(pc);
        }

        // An instruction cache that is off may still hold what was fetched as non-cacheable (B2.7.4.2).
        ulong stale = _codeCache!.InstructionStale;
        if (!_regime.InstructionCache)
        {
            stale |= _codeCache.Dirty;
        }

        if (stale != 0)
        {
            CheckFetch(pc, stale);
        }

        ref Arm64Instruction instruction = ref _code[(int)(pc & PageMask) >> 2];
        if (instruction.Version != _codePage!.CodeVersion)
        {
            Compare(ref instruction, pc);
        }

        return ref instruction;
    }

    private Arm64FaultException OfMemory(MemoryFaultException fault) => new(
        Arm64FaultCause.Memory, $"{fault.Message} (instruction at 0x{_pc:x})", _pc, fault);

    /// <summary>Reads the word again after a write somewhere in its page, and decodes it if it is not the same.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Compare(ref Arm64Instruction instruction, ulong pc)
    {
        uint word = (uint)Memory.Read(_codePage!, (int)(pc & PageMask), 4);
        if (instruction.Operation == Arm64Operation.None || instruction.Word != word)
        {
            instruction = Arm64Decoder.Decode(word);
        }

        instruction.Version = _codePage!.CodeVersion;
    }

    /// <summary>Finds the page of the next instruction.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EnterPage(ulong pc)
    {
        if ((pc & 3) != 0)
        {
            throw Raise(Arm64ExceptionClass.PcAlignment, 0, $"0x{pc:x} is no address of an instruction", pc);
        }

        Translation translation = TranslatePage(pc, Arm64Access.Execute, 0);
        if (_unsynchronized is { } register && translation.Page != _codePage?.Number)
        {
            throw Unsynchronized(register, pc, "fetched");
        }

        _codePage = Memory.FindPage(translation.Page) ?? throw OutsideMemory(translation.Page, pc, "fetch");
        _codeCache = Caches.Page(translation.Page);
        _codeBase = pc & ~PageMask;
        if (!_decoded.TryGetValue(translation.Page, out Arm64Instruction[]? code))
        {
            code = new Arm64Instruction[PhysicalMemory.PageSize / 4];
            for (int i = 0; i < code.Length; i++)
            {
                code[i].Version = -1;
            }

            _decoded.Add(translation.Page, code);
            _codePage.HoldsCode = true;
        }

        _code = code;
    }

    private void CheckFetch(ulong pc, ulong stale)
    {
        if ((stale & LineOf(pc)) == 0)
        {
            return;
        }

        ulong line = (_codePage!.Address | (pc & PageMask)) & ~(ulong)(CacheModel.LineSize - 1);
        bool isHidden = !_regime.InstructionCache && (_codeCache!.Dirty & LineOf(pc)) != 0;
        string cleaned = _regime.InstructionCache ? "DC CVAU, DSB, " : "";
        throw new Arm64FaultException(
            Arm64FaultCause.StaleInstruction,
            isHidden
                ? $"line 0x{line:x} is dirty and was not cleaned to the point of coherency before 0x{pc:x} is fetched with the "
                    + "instruction cache off"
                : $"line 0x{line:x} was written and not invalidated in the instruction cache ({cleaned}IC IVAU, DSB, ISB) "
                    + $"before 0x{pc:x} is fetched",
            pc);
    }

    private static int Checked(int register)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(register);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(register, 30);
        return register;
    }
}
