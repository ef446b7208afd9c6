using Baton.Proofs.Devices;
using static Baton.Proofs.X64.X64SegmentRegister;

namespace Baton.Proofs.X64;

/// <content>Interrupts and exceptions through the interrupt table, at the same privilege, and the return from them.</content>
public sealed partial class X64Processor
{
    private readonly LocalApic? _apic;

    /// <summary>The count of instructions before which no interrupt is accepted.</summary>
    private ulong _shadowEnd;

    /// <summary>Between two instructions, with interrupts enabled; one that cannot be delivered still waits.</summary>
    private void AcceptInterrupt(LocalApic apic)
    {
        if (_instructions >= _shadowEnd && apic.Next is { } vector)
        {
            DeliverOnce(vector, null);
            apic.Serve(vector);
            IsHalted = false;
        }
    }

    /// <summary>The instruction behind this one is carried out before any interrupt is accepted.</summary>
    private void CastShadow() => _shadowEnd = unchecked(_instructions + 2);

    /// <summary>A new stack segment comes with a pointer, in the next instruction.</summary>
    private void CastShadowOfStack(DecodedInstruction op)
    {
        if (op.A.Register == (int)X64SegmentRegister.Ss)
        {
            CastShadow();
        }
    }

    private void Int(DecodedInstruction op) => Interrupt((byte)op.A.Value, isSoftware: true);

    private void Int3(DecodedInstruction op) => Interrupt((byte)X64Exception.Breakpoint, isSoftware: true);

    private void Int1(DecodedInstruction op) => Interrupt((byte)X64Exception.Debug, isSoftware: false);

    private void Into(DecodedInstruction op)
    {
        if (Overflow)
        {
            Interrupt((byte)X64Exception.Overflow, isSoftware: true);
        }
    }

    private void Interrupt(byte vector, bool isSoftware)
    {
        if (IsReal && isSoftware && _options.Interrupts is { } handler)
        {
            ulong rip = _r[RipSlot];
            if (handler.Handle(this, vector))
            {
                // A handler may send the processor elsewhere.
                if (_r[RipSlot] != rip)
                {
                    _nextRip = _r[RipSlot];
                }

                return;
            }
        }

        Vector(vector, null, isSoftware, _nextRip);
    }

    /// <summary>Sends an exception to its handler; the failure to do so is a double fault, then the machine's end.</summary>
    private void Deliver(X64FaultException fault)
    {
        if (fault.LinearAddress is { } linear)
        {
            _cr2 = linear;
        }

        try
        {
            DeliverOnce((byte)fault.Vector.GetValueOrDefault(), fault.ErrorCode);
        }
        catch (X64FaultException second) when (second.Cause == X64FaultCause.Exception)
        {
            try
            {
                DeliverOnce((byte)X64Exception.DoubleFault, 0);
            }
            catch (X64FaultException third) when (third.Cause == X64FaultCause.Exception)
            {
                throw new X64FaultException(
                    X64FaultCause.TripleFault, "triple fault",
                    $"{fault.Message}; it cannot be delivered: {second.Message}; nor can the double fault: {third.Message}",
                    fault.ProgramCounter, fault)
                {
                    Details = fault.Details,
                };
            }
        }
    }

    private void DeliverOnce(byte vector, uint? errorCode)
    {
        Checkpoint before = new(this);
        try
        {
            Vector(vector, errorCode, isSoftware: false, _r[RipSlot]);
            _r[RipSlot] = _nextRip;
        }
        catch
        {
            before.Restore(this);
            throw;
        }
    }

    private void Vector(byte vector, uint? errorCode, bool isSoftware, ulong back)
    {
        if (IsReal)
        {
            VectorReal(vector, back);
            return;
        }

        uint code = ((uint)vector << 3) | 2 | (isSoftware ? 0U : 1U);
        int entry = IsLongMode ? 16 : 8;
        uint offset = (uint)(vector * entry);
        if (offset + (uint)entry - 1 > Idtr.Limit)
        {
            throw GeneralProtection(code, $"vector {vector} lies beyond IDTR.limit 0x{Idtr.Limit:x}");
        }

        ulong address = unchecked(Idtr.Base + offset);
        Descriptor gate = Widen(new Descriptor(address, LoadSystem(address, 8)));
        if (gate.IsCodeOrData || !IsInterruptGate(gate.Type))
        {
            throw !gate.IsCodeOrData && gate.Type == 5 && !IsLongMode
                ? NotSimulated($"vector {vector} has a task gate, which is not simulated")
                : GeneralProtection(code, $"vector {vector} has no interrupt or trap gate: 0x{gate.Low:x16} at 0x{address:x}");
        }

        if (isSoftware && gate.PrivilegeLevel < _privilege)
        {
            throw GeneralProtection(code, $"the gate of vector {vector} needs privilege {gate.PrivilegeLevel}");
        }

        if (!gate.IsPresent)
        {
            throw Fault(
                X64Exception.SegmentNotPresent, code,
                $"the gate of vector {vector} is not present: 0x{gate.Low:x16} at 0x{address:x}");
        }

        EnterHandler(vector, gate, errorCode, back);
    }

    private bool IsInterruptGate(int type) => type is 14 or 15 || (!IsLongMode && type is 6 or 7);

    private void VectorReal(byte vector, ulong back)
    {
        uint offset = vector * 4U;
        if (offset + 3 > Idtr.Limit)
        {
            throw GeneralProtection(0, $"vector {vector} lies beyond IDTR.limit 0x{Idtr.Limit:x}");
        }

        ulong handler = LoadSystem(unchecked(Idtr.Base + offset), 4);
        PushValue(Rflags, 2);
        PushValue(_segments[(int)Cs].Selector, 2);
        PushValue(back, 2);
        SetFlags(X64Flags.IF | X64Flags.TF | X64Flags.AC | X64Flags.RF, 0);
        ulong target = handler & 0xFFFF;
        EnterCode(RealCode((ushort)(handler >> 16), target), target);
    }

    private void EnterHandler(byte vector, in Descriptor gate, uint? errorCode, ulong back)
    {
        Descriptor code = ReadCodeDescriptor(gate.GateSelector, X64Exception.GeneralProtection);
        CheckCode(code, gate.GateSelector);
        bool isInner = !code.IsConforming && code.PrivilegeLevel < _privilege;
        if (code.PrivilegeLevel > _privilege || (IsLongMode && !code.IsLong))
        {
            throw GeneralProtection(gate.GateSelector & ~3U, $"the handler of vector {vector} cannot be entered: {code}");
        }

        if (isInner)
        {
            throw NotSimulated($"vector {vector} goes to an inner privilege, which is not simulated");
        }

        ulong target = CheckOffset(code, gate.GateOffset);
        int size = IsLongMode ? 8 : gate.Type >= 14 ? 4 : 2;
        ulong flags = Rflags;
        if (IsLongMode)
        {
            PushLongFrame(gate, code);
        }

        PushValue(flags, size);
        PushValue(_segments[(int)Cs].Selector, size);
        PushValue(back, size);
        if (errorCode is { } error)
        {
            PushValue(error, size);
        }

        ulong cleared = X64Flags.TF | X64Flags.NT | X64Flags.RF | X64Flags.VM | ((gate.Type & 1) == 0 ? X64Flags.IF : 0);
        SetFlags(cleared, 0);
        EnterCode(MarkAccessed(code, code.ToSegment((ushort)((gate.GateSelector & ~3) | _privilege))), target);
    }

    /// <summary>Long mode aligns the stack, takes one of the TSS if the gate says so, and always saves SS and RSP.</summary>
    private void PushLongFrame(in Descriptor gate, in Descriptor code)
    {
        ulong stackPointer = _r[Rsp];
        SegmentState stack = _segments[Ss];
        ulong top = stackPointer;
        if (gate.GateStack != 0)
        {
            uint slot = 0x1C + (8 * (uint)gate.GateStack);
            SegmentState task = _segments[(int)Tr];
            if (slot + 7 > task.Limit)
            {
                throw Fault(
                    X64Exception.InvalidTss, task.Selector & ~3U,
                    $"interrupt stack {gate.GateStack} lies beyond TR.limit 0x{task.Limit:x}");
            }

            top = LoadSystem(unchecked(task.Base + slot), 8);
        }

        // The frame is pushed by 64-bit rules, even when compatibility mode was interrupted.
        SetSegment(
            Cs, code.ToSegment((ushort)((gate.GateSelector & ~3) | _privilege)) with { Selector = _segments[(int)Cs].Selector });
        _r[Rsp] = top & ~15UL;
        PushValue(stack.Selector, 8);
        PushValue(stackPointer, 8);
    }

    private void Iret(DecodedInstruction op)
    {
        int size = op.OperandSize;
        ulong offset = PeekStack(0, size);
        ushort selector = unchecked((ushort)PeekStack((ulong)size, size));
        ulong flags = PeekStack((ulong)size * 2, size);
        if (IsReal)
        {
            ReturnFar(selector, offset, (ulong)size * 3, size, 0);
            LoadFlags(flags, size);
            return;
        }

        if ((_flags & X64Flags.NT) != 0)
        {
            throw IsLongMode
                ? GeneralProtection(0, "iret with RFLAGS.NT set, in long mode")
                : NotSimulated("iret with EFLAGS.NT set is a task switch, which is not simulated");
        }

        if (!IsLongMode && size == 4 && (flags & X64Flags.VM) != 0 && _privilege == 0)
        {
            throw NotSimulated("iret to virtual 8086 mode is not simulated");
        }

        int privilege = _privilege;
        if (_bits == 64)
        {
            ReturnLong(selector, offset, size);
        }
        else
        {
            ReturnFar(selector, offset, (ulong)size * 3, size, 0);
        }

        int outer = _privilege;
        _privilege = privilege;
        LoadFlags(flags, size);
        _privilege = outer;
    }

    /// <summary>64-bit code always takes SS and RSP from the stack.</summary>
    private void ReturnLong(ushort selector, ulong offset, int size)
    {
        ulong stackPointer = PeekStack((ulong)size * 3, size);
        ushort stackSelector = unchecked((ushort)PeekStack((ulong)size * 4, size));
        SegmentState code = CheckReturn(selector, ref offset);
        EnterOuter(code, offset, stackSelector, stackPointer);
    }
}
