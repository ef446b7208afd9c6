namespace Baton.Proofs.X64;

/// <content>Near jumps, calls and returns.</content>
public sealed partial class X64Processor
{
    private void JumpTo(ulong target, int size)
    {
        target &= InstructionDecoder.MaskOf(size);
        if (_bits == 64)
        {
            if (!IsCanonical(target))
            {
                throw GeneralProtection(0, $"the jump's target 0x{target:x} is not canonical");
            }
        }
        else if (target > _codeLimit)
        {
            throw GeneralProtection(0, $"the jump's target 0x{target:x} lies beyond CS.limit 0x{_codeLimit:x}");
        }

        _nextRip = target;
    }

    private ulong RelativeTarget(DecodedInstruction op) =>
        unchecked(_r[RipSlot] + op.Target) & InstructionDecoder.MaskOf(op.OperandSize);

    private void Jmp(DecodedInstruction op) => JumpTo(RelativeTarget(op), op.OperandSize);

    private void Jcc(DecodedInstruction op)
    {
        if (Holds(op.Detail))
        {
            JumpTo(RelativeTarget(op), op.OperandSize);
        }
    }

    private void JmpIndirect(DecodedInstruction op) => JumpTo(Read(op.A, op), op.A.Size);

    private void Call(DecodedInstruction op) => CallTo(RelativeTarget(op), op.OperandSize);

    private void CallIndirect(DecodedInstruction op) => CallTo(Read(op.A, op), op.A.Size);

    private void CallTo(ulong target, int size)
    {
        ulong back = _nextRip;
        JumpTo(target, size);
        PushValue(back, size);
    }

    private void Ret(DecodedInstruction op)
    {
        JumpTo(PeekStack(0, op.OperandSize), op.OperandSize);
        DropStack(op.OperandSize + (op.A.Value & 0xFFFF));
    }

    private void Jcxz(DecodedInstruction op)
    {
        if ((_r[Rcx] & op.AddressMask) == 0)
        {
            JumpTo(RelativeTarget(op), op.OperandSize);
        }
    }

    private void Loop(DecodedInstruction op)
    {
        ulong count = unchecked(ReadRegister(X64Register.Rcx, op.AddressSize) - 1) & op.AddressMask;
        bool goes = count != 0 && op.Detail switch
        {
            LoopWhileZero => Zero,
            LoopWhileNotZero => !Zero,
            _ => true,
        };
        if (goes)
        {
            JumpTo(RelativeTarget(op), op.OperandSize);
        }

        WriteRegister(X64Register.Rcx, op.AddressSize, count);
    }
}
