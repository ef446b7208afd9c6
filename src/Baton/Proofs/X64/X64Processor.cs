using System.Collections.Immutable;

namespace Baton.Proofs.X64;

/// <summary>
/// A simulated x86 processor: 16-, 32- and 64-bit code in real, protected, compatibility and 64-bit mode, with
/// segmentation and paging as the Intel SDM describes them. One processor; interrupts from outside come from its local APIC.
/// <para>
/// Where the architecture lets processors differ it is a legal one: its translation buffer holds nothing back (a write
/// to a page table is seen by the next instruction, or refused), nor does its instruction cache; flags that an instruction
/// leaves undefined are what QEMU makes of them. What it does not know is a fault of its own kind, never a guess.
/// </para>
/// </summary>
public sealed partial class X64Processor : IProcessor
{
    /// <summary>A slot that is always zero: the base or index that a memory operand does not have.</summary>
    internal const int ZeroSlot = 16;

    /// <summary>The slot of RIP.</summary>
    internal const int RipSlot = 17;

    private readonly X64Options _options;
    private readonly X64Cpuid _cpuid;

    /// <summary>RAX to R15, zero, RIP.</summary>
    private readonly ulong[] _r = new ulong[RipSlot + 1];

    /// <summary>Where the next instruction is, unless the one that is being carried out fails.</summary>
    private ulong _nextRip;

    private ulong _instructions;

    /// <param name="memory">The memory that it reads and writes.</param>
    /// <param name="options">What it is; null for QEMU's default machine.</param>
    public X64Processor(PhysicalMemory memory, X64Options? options = null)
    {
        ArgumentNullException.ThrowIfNull(memory);
        Memory = memory;
        _options = options ?? new X64Options();
        _cpuid = _options.Cpuid;
        _apic = _options.LocalApic;
        _physicalMask = (1UL << _cpuid.PhysicalBits) - 1;
        _codeReader = new InstructionReader(this);
        _decoder = new InstructionDecoder(this, _codeReader);
        State = X64State.Reset;
    }

    public PhysicalMemory Memory { get; }

    public ulong Instructions => _instructions;

    public ulong ProgramCounter => unchecked(_r[RipSlot] + _codeBase) & _linearMask;

    /// <summary>The offset of the next instruction in CS.</summary>
    public ulong Rip
    {
        get => _r[RipSlot];
        set => _r[RipSlot] = value;
    }

    /// <summary>Whether <c>hlt</c> was carried out.</summary>
    public bool IsHalted { get; private set; }

    /// <summary>A general register, all 64 bits.</summary>
    public ulong this[X64Register register]
    {
        get => _r[(int)register];
        set => _r[(int)register] = value;
    }

    /// <summary>All registers at once.</summary>
    public X64State State
    {
        get => new()
        {
            General = ImmutableArray.Create(_r, 0, 16),
            Rip = Rip,
            Rflags = Rflags,
            Segments = ImmutableArray.Create(_segments),
            Gdtr = Gdtr,
            Idtr = Idtr,
            Cr0 = _cr0,
            Cr2 = _cr2,
            Cr3 = _cr3,
            Cr4 = _cr4,
            Cr8 = Cr8,
            Efer = _efer,
            Debug = ImmutableArray.Create(_debug),
            Msrs = _msrs.ToImmutableSortedDictionary(),
        };

        set
        {
            ArgumentNullException.ThrowIfNull(value);
            value.General.CopyTo(_r);
            Rip = value.Rip;
            Rflags = value.Rflags;
            value.Segments.CopyTo(_segments);
            Gdtr = value.Gdtr;
            Idtr = value.Idtr;
            (_cr0, _cr2, _cr3, _cr4) = (value.Cr0, value.Cr2, value.Cr3, value.Cr4);
            SetPriority(value.Cr8);
            _efer = value.Efer;
            value.Debug.CopyTo(_debug);
            _msrs.Clear();
            foreach ((uint msr, ulong content) in value.Msrs)
            {
                _msrs.Add(msr, content);
            }

            ShowApicItsBase();
            IsHalted = false;
            _privilege = (value.Cr0 & X64Cr0.PE) != 0 ? value[X64SegmentRegister.Cs].Selector & 3 : 0;
            LoadPointerEntries();
            RefreshMode();
        }
    }

    /// <summary>Carries one instruction out.</summary>
    /// <exception cref="X64FaultException">It cannot be; the registers are as before it.</exception>
    public void ExecuteNext()
    {
        if (IsHalted)
        {
            throw HaltedFault();
        }

        Run(1);
    }

    /// <summary>Fetches and decodes the next instruction, and does not carry it out.</summary>
    /// <exception cref="X64FaultException">It cannot be fetched, there is none, or it is not simulated.</exception>
    public void FetchNext()
    {
        try
        {
            Fetch();
        }
        catch (MemoryFaultException refusal)
        {
            throw MemoryRefused(refusal);
        }
    }

    /// <summary>Carries instructions out.</summary>
    /// <param name="limit">How many at most.</param>
    /// <param name="stops">Linear addresses: the instruction at one of them is not carried out.</param>
    /// <exception cref="X64FaultException">One of them cannot be; the registers are as before it.</exception>
    public X64Stop Run(ulong limit, params ReadOnlySpan<ulong> stops)
    {
        ulong end = limit > ulong.MaxValue - _instructions ? ulong.MaxValue : _instructions + limit;
        while (_instructions < end)
        {
            if (IsHalted)
            {
                return X64Stop.Halted;
            }

            try
            {
                if (Loop(end, stops))
                {
                    return X64Stop.Address;
                }
            }
            catch (X64FaultException fault) when (_options.DeliverExceptions && fault.Cause == X64FaultCause.Exception)
            {
                // It counts as an instruction, so that a handler that fails itself comes to an end.
                Deliver(fault);
                _instructions++;
            }
            catch (MemoryFaultException refusal)
            {
                throw MemoryRefused(refusal);
            }
        }

        return IsHalted ? X64Stop.Halted : X64Stop.Limit;
    }

    /// <summary>True when it came to an address to stop at.</summary>
    private bool Loop(ulong end, ReadOnlySpan<ulong> stops)
    {
        unchecked
        {
            while (_instructions < end && !IsHalted)
            {
                if (stops.Length != 0 && stops.Contains(ProgramCounter))
                {
                    return true;
                }

                DecodedInstruction op = Fetch();
                _nextRip = (_r[RipSlot] + (ulong)op.Length) & _ripMask;
                op.Execute(op);
                _r[RipSlot] = _nextRip;
                _instructions++;
                if (_apic is not null && (_flags & X64Flags.IF) != 0)
                {
                    AcceptInterrupt(_apic);
                }
            }
        }

        return false;
    }
}
