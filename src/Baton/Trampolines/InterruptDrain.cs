using System.Buffers.Binary;
using Baton.Memory;

namespace Baton.Trampolines;

/// <summary>
/// Takes the interrupts that the local APIC still holds for the kernel that is gone (Intel SDM volume 3, 11.8.4: they stay
/// requested while interrupts are disabled, and whoever enables them gets them). A kernel that has a handler for each vector
/// shrugs; one that has not panics. Each is delivered here, to a handler that ends it and does nothing else.
/// </summary>
internal sealed class InterruptDrain
{
    /// <summary>Bytes of the interrupt table: a gate of 16 bytes for each vector.</summary>
    public const int TableLength = Vectors * GateLength;

    private const int Vectors = 256;
    private const int GateLength = 16;

    /// <summary>Those below are exceptions: without a gate they reset the machine, as everywhere in a crossing.</summary>
    private const int FirstVector = 32;

    /// <summary>A present 64-bit interrupt gate of privilege 0, in bits 32 to 47 of a gate.</summary>
    private const ulong InterruptGate = 0x8E00;

    private const uint ApicBase = 0x1B;
    private const int BaseEnabled = 11;
    private const int BaseExtended = 10;
    private const uint FirstMsr = 0x800;

    // Numbers of the APIC's registers, 16 bytes apart in its page.
    private const uint TaskPriority = 0x08;
    private const uint EndOfInterrupt = 0x0B;
    private const uint SpuriousVector = 0x0F;
    private const uint InService = 0x10;
    private const uint Requested = 0x20;
    private const uint Banks = 8;

    /// <summary>Software-enabled; vector 255, which has a gate, for an interrupt that goes before it was accepted.</summary>
    private const uint Enabled = 0x1FF;

    /// <summary>An APIC that requests without end is left as it is.</summary>
    private const uint Rounds = 64;

    private readonly X64Assembler _code;
    private readonly PhysicalAddress _table;
    private readonly Label _read;
    private readonly Label _write;
    private readonly Label _any;
    private readonly Label _handler;
    private readonly Label _register;

    /// <param name="code">Where it is written.</param>
    /// <param name="table">Where the interrupt table will lie, below 4 GiB and mapped to itself.</param>
    public InterruptDrain(X64Assembler code, PhysicalAddress table)
    {
        _code = code;
        _table = table;
        _read = code.NewLabel("read_apic");
        _write = code.NewLabel("write_apic");
        _any = code.NewLabel("any_vector");
        _handler = code.NewLabel("end_interrupt");
        _register = code.NewLabel("drain_idtr");
    }

    /// <summary>
    /// Writes the code. It needs a stack, flat segments, and the lowest 4 GiB mapped to themselves; RBX: the MSR; RBP: the
    /// APIC's page; R12: its spurious-vector register as it was; R14: rounds that are left.
    /// </summary>
    /// <param name="ground">Has the table without interrupts that is loaded behind it.</param>
    public void Write(LongModeGround ground)
    {
        Label none = _code.NewLabel("no_apic");
        Label round = _code.NewLabel("drain_round");
        Label served = _code.NewLabel("none_in_service");
        Label drained = _code.NewLabel("drained");
        _code.Mov(Reg32.Ecx, ApicBase);
        _code.Rdmsr();
        _code.Bt(Reg32.Eax, BaseEnabled);
        _code.Jcc(Condition.NoCarry, none);
        _code.Mov(Reg32.Ebx, Reg32.Eax);
        _code.Mov(Reg32.Ebp, Reg32.Eax);
        _code.And(Reg32.Ebp, 0xFFFF_F000);

        // Nobody puts it above 4 GiB, where these tables may map nothing.
        _code.Test(Reg32.Edx, Reg32.Edx);
        _code.Jcc(Condition.NotZero, none);

        _code.Lidt(MemoryOperand.At(_register));
        Load(SpuriousVector);
        _code.Mov(Reg32.R12d, Reg32.Eax);
        Store(SpuriousVector, Enabled);
        Store(TaskPriority, 0);
        _code.Mov(Reg32.R14d, Rounds);

        // What is in service holds back what is requested.
        _code.Bind(round);
        Any(InService);
        _code.JccShort(Condition.Zero, served);
        Store(EndOfInterrupt, 0);
        _code.Bind(served);

        // The instruction behind sti is never interrupted; behind nop all come, one by one.
        _code.Sti();
        _code.Nop();
        _code.Cli();
        Any(Requested);
        _code.Mov(Reg32.R15d, Reg32.Eax);
        Any(InService);
        _code.Or(Reg32.Eax, Reg32.R15d);
        _code.JccShort(Condition.Zero, drained);
        _code.Sub(Reg32.R14d, 1);
        _code.JccShort(Condition.NotZero, round);

        _code.Bind(drained);
        _code.Mov(Reg32.Eax, Reg32.R12d);
        _code.Mov(Reg32.Ecx, SpuriousVector);
        _code.Call(_write);
        ground.RefuseInterrupts();
        _code.Bind(none);
    }

    /// <summary>Writes what is called, behind code that does not run into it.</summary>
    public void WriteRoutines()
    {
        WriteAccess();

        // EAX: not zero if any of the eight registers from ECX on has a bit; the flags say the same.
        Label bank = _code.NewLabel("bank");
        _code.Bind(_any);
        _code.Xor(Reg32.R8d, Reg32.R8d);
        _code.Mov(Reg32.R9d, Banks);
        _code.Bind(bank);
        _code.Call(_read);
        _code.Or(Reg32.R8d, Reg32.Eax);
        _code.Add(Reg32.Ecx, 1);
        _code.Sub(Reg32.R9d, 1);
        _code.JccShort(Condition.NotZero, bank);
        _code.Mov(Reg32.Eax, Reg32.R8d);
        _code.Test(Reg32.Eax, Reg32.Eax);
        _code.Ret();

        _code.Bind(_handler);
        _code.Push(Reg64.Rax);
        _code.Push(Reg64.Rcx);
        _code.Push(Reg64.Rdx);
        Store(EndOfInterrupt, 0);
        _code.Pop(Reg64.Rdx);
        _code.Pop(Reg64.Rcx);
        _code.Pop(Reg64.Rax);
        _code.Iretq();

        _code.Align(sizeof(ulong));
        _code.Bind(_register);
        _code.Data16(TableLength - 1);
        _code.Data64(_table.Value);
    }

    /// <summary>Fills the interrupt table, once the code has been written.</summary>
    public void FillTable(Span<byte> table)
    {
        ulong handler = _code.AddressOf(_handler);
        ulong low = (handler & 0xFFFF) | ((ulong)GlobalDescriptorTable.BootCode << 16) | (InterruptGate << 32)
            | ((handler >> 16 & 0xFFFF) << 48);
        for (int vector = FirstVector; vector < Vectors; vector++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(table[(vector * GateLength)..], low);
            BinaryPrimitives.WriteUInt64LittleEndian(table[((vector * GateLength) + sizeof(ulong))..], handler >> 32);
        }
    }

    /// <summary>The register ECX into EAX, and EAX into it: in the APIC's page, or as an MSR. EDX is lost.</summary>
    private void WriteAccess()
    {
        Label readMsr = _code.NewLabel("read_msr");
        _code.Bind(_read);
        _code.Bt(Reg32.Ebx, BaseExtended);
        _code.JccShort(Condition.Carry, readMsr);
        _code.Mov(Reg32.Edx, Reg32.Ecx);
        _code.Shl(Reg32.Edx, 4);
        _code.Add(Reg64.Rdx, Reg64.Rbp);
        _code.Mov(Reg32.Eax, MemoryOperand.At(Reg64.Rdx));
        _code.Ret();
        _code.Bind(readMsr);
        _code.Add(Reg32.Ecx, FirstMsr);
        _code.Rdmsr();
        _code.Sub(Reg32.Ecx, FirstMsr);
        _code.Ret();

        Label writeMsr = _code.NewLabel("write_msr");
        _code.Bind(_write);
        _code.Bt(Reg32.Ebx, BaseExtended);
        _code.JccShort(Condition.Carry, writeMsr);
        _code.Mov(Reg32.Edx, Reg32.Ecx);
        _code.Shl(Reg32.Edx, 4);
        _code.Add(Reg64.Rdx, Reg64.Rbp);
        _code.Mov(MemoryOperand.At(Reg64.Rdx), Reg32.Eax);
        _code.Ret();
        _code.Bind(writeMsr);
        _code.Add(Reg32.Ecx, FirstMsr);
        _code.Xor(Reg32.Edx, Reg32.Edx);
        _code.Wrmsr();
        _code.Ret();
    }

    private void Load(uint register)
    {
        _code.Mov(Reg32.Ecx, register);
        _code.Call(_read);
    }

    private void Store(uint register, uint value)
    {
        _code.Mov(Reg32.Ecx, register);
        _code.Mov(Reg32.Eax, value);
        _code.Call(_write);
    }

    private void Any(uint first)
    {
        _code.Mov(Reg32.Ecx, first);
        _code.Call(_any);
    }
}
