using System.Buffers.Binary;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.Arm64;

namespace Baton.Differential.Arm64;

/// <summary>The processor that is judged: runs each case before QEMU does, and refuses those that QEMU must not get.</summary>
internal sealed class SimulatedSide
{
    /// <summary>A case that does not stop by itself after so many instructions is none.</summary>
    private const int Limit = 4;

    private const ulong InterruptsOff = 0x3c0;

    private readonly Arm64Processor _processor;
    private readonly ulong _state;
    private readonly byte[] _slot = new byte[GuestLayout.SlotSize];

    public SimulatedSide(MachineConfiguration configuration, GuestTables tables)
    {
        Memory = new PhysicalMemory(
            RangeSet.Of(
                new PhysicalRange(new PhysicalAddress(GuestLayout.Windows), GuestLayout.WindowsSize),
                new PhysicalRange(new PhysicalAddress(GuestLayout.Code), GuestLayout.CodeSize),
                new PhysicalRange(new PhysicalAddress(GuestLayout.Tables), GuestLayout.TablesSize)),
            UnwrittenMemory.Zeros);
        Memory.Set(GuestLayout.Tables, tables.Bytes);
        bool isEl2 = configuration.Level == 2;
        _processor = new Arm64Processor(Memory, configuration.Level);
        _processor.WriteSystemRegister(
            isEl2 ? Arm64SystemRegister.MairEl2 : Arm64SystemRegister.MairEl1, MachineConfiguration.Mair);
        _processor.WriteSystemRegister(isEl2 ? Arm64SystemRegister.TcrEl2 : Arm64SystemRegister.TcrEl1, configuration.Tcr);
        _processor.WriteSystemRegister(
            isEl2 ? Arm64SystemRegister.Ttbr0El2 : Arm64SystemRegister.Ttbr0El1, tables.For(configuration.LowerBits));
        _processor.WriteSystemRegister(Arm64SystemRegister.HcrEl2, configuration.Hcr);
        _processor.WriteSystemRegister(
            isEl2 ? Arm64SystemRegister.Ttbr1El2 : Arm64SystemRegister.Ttbr1El1, tables.For(configuration.UpperBits));
        _processor.WriteSystemRegister(isEl2 ? Arm64SystemRegister.SctlrEl2 : Arm64SystemRegister.SctlrEl1, configuration.Sctlr);
        _state = InterruptsOff | ((ulong)configuration.Level << 2) | 1;
        for (int at = 0; at < _slot.Length; at += 4)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(_slot.AsSpan(at), GuestLayout.Filler);
        }

        for (int at = 0; at < GuestLayout.CodeSize; at += _slot.Length)
        {
            Memory.Set(GuestLayout.Code + (ulong)at, _slot);
        }
    }

    public PhysicalMemory Memory { get; }

    /// <summary>SPSR before a case, without the flags.</summary>
    public ulong State => _state;

    /// <summary>Runs a case and fills in what is expected.</summary>
    /// <returns>Null, or why it is not one for QEMU.</returns>
    public string? Run(JudgeCase judged)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_slot.AsSpan(GuestLayout.FirstWordInSlot), judged.First);
        BinaryPrimitives.WriteUInt32LittleEndian(_slot.AsSpan(GuestLayout.WordInSlot), judged.Word);
        Memory.Set(judged.Slot, _slot);
        Prepare(judged);
        for (int step = 0; step < Limit; step++)
        {
            if (Leaves(judged) is { } reason)
            {
                return reason;
            }

            try
            {
                _processor.ExecuteNext();
            }
            catch (Arm64FaultException fault) when (fault.Cause is Arm64FaultCause.StaleData or Arm64FaultCause.StaleInstruction)
            {
                // QEMU has no caches, and aliases with different attributes are what is tried here.
                _processor.Caches.Forget();
                step--;
            }
            catch (Arm64FaultException fault)
            {
                return Expect(judged, fault);
            }
        }

        return "does not stop";
    }

    private void Prepare(JudgeCase judged)
    {
        if ((_processor.Pstate & ~0xf000_0000UL) != _state)
        {
            _processor.WriteSystemRegister(Arm64SystemRegister.SPSel, 1);
            _processor.WriteSystemRegister(Arm64SystemRegister.Daif, InterruptsOff);
            _processor.WriteSystemRegister(Arm64SystemRegister.Pan, 0);
            _processor.WriteSystemRegister(Arm64SystemRegister.Uao, 0);
            _processor.WriteSystemRegister(Arm64SystemRegister.Dit, 0);
            _processor.WriteSystemRegister(Arm64SystemRegister.Ssbs, 0);
        }

        for (int i = 0; i < 31; i++)
        {
            _processor[i] = judged.Registers[i];
        }

        _processor.StackPointer = judged.Registers[31];
        _processor.Nzcv = judged.Nzcv;
        _processor.ProgramCounter = judged.Start;
        _processor.ClearExclusiveMonitor();
    }

    /// <summary>Whether the next fetch reads something that only QEMU has there, and other reasons not to try.</summary>
    private string? Leaves(JudgeCase judged)
    {
        ulong pc = _processor.ProgramCounter;
        if ((pc & 3) == 0 && pc >= judged.Slot && pc < judged.Slot + GuestLayout.SlotSize)
        {
            return null;
        }

        ulong? physical = _processor.Translate(pc, Arm64Access.Execute).PhysicalAddress;
        if ((pc & 3) != 0)
        {
            // The manual has the PC alignment fault first; QEMU looks at the page first.
            return physical is null ? "PC alignment and translation" : null;
        }

        return physical is { } address && !(address >= judged.Slot && address < judged.Slot + GuestLayout.SlotSize)
            ? "leaves its slot"
            : null;
    }

    private string? Expect(JudgeCase judged, Arm64FaultException fault)
    {
        if (fault.Cause != Arm64FaultCause.Exception)
        {
            return fault.Kind;
        }

        // QEMU checks the alignment of neither.
        if (fault.Class == Arm64ExceptionClass.SpAlignment)
        {
            return "SP alignment";
        }

        if (fault.Class == Arm64ExceptionClass.DataAbort && fault.Message.Contains("device memory", StringComparison.Ordinal))
        {
            return "device alignment";
        }

        if ((fault.Syndrome & 0x3f) == 0 && !_processor.IsMmuOn
            && fault.Class is Arm64ExceptionClass.DataAbort or Arm64ExceptionClass.InstructionAbort)
        {
            return "physical addresses of 48 bits, and QEMU's of 52";
        }

        ulong[] expected = judged.Expected;
        for (int i = 0; i < 31; i++)
        {
            expected[i] = _processor[i];
        }

        expected[32] = _processor.Pstate;

        // The handler sees the stack pointer of its own level.
        _processor.WriteSystemRegister(Arm64SystemRegister.SPSel, 1);
        expected[31] = _processor.StackPointer;
        bool isCall = fault.Class is Arm64ExceptionClass.Svc or Arm64ExceptionClass.Hvc;
        expected[33] = fault.ProgramCounter + (isCall ? 4UL : 0);
        expected[34] = fault.Syndrome;
        expected[35] = fault.FaultAddress ?? 0;
        return null;
    }
}
