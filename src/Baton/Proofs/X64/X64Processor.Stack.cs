namespace Baton.Proofs.X64;

/// <content>The stack: RSP, ESP or SP wide by SS.B and the mode. The pointer moves when memory has obeyed.</content>
public sealed partial class X64Processor
{
    private const int Rsp = (int)X64Register.Rsp;
    private const int Rbp = (int)X64Register.Rbp;
    private const int Ss = (int)X64SegmentRegister.Ss;

    private void SetStackPointer(ulong value)
    {
        ref ulong slot = ref _r[Rsp];
        slot = _stackMask == 0xFFFF ? (slot & ~0xFFFFUL) | (value & 0xFFFF) : value & _stackMask;
    }

    private void PushValue(ulong value, int size)
    {
        ulong top = unchecked(_r[Rsp] - (ulong)size) & _stackMask;
        Store(Ss, top, size, value);
        SetStackPointer(top);
    }

    /// <summary>A value on the stack, without taking it off.</summary>
    /// <param name="offset">Bytes above the top.</param>
    /// <param name="size">Bytes of the value.</param>
    private ulong PeekStack(ulong offset, int size) => Load(Ss, unchecked(_r[Rsp] + offset) & _stackMask, size);

    private void DropStack(ulong bytes) => SetStackPointer(unchecked(_r[Rsp] + bytes));

    private ulong PopValue(int size)
    {
        ulong value = PeekStack(0, size);
        DropStack((ulong)size);
        return value;
    }

    private void Push(DecodedInstruction op) => PushValue(Read(op.A, op), op.OperandSize);

    /// <summary>A push of a segment register in 32-bit code leaves the upper half of the word.</summary>
    private void PushSegment(DecodedInstruction op)
    {
        ulong top = unchecked(_r[Rsp] - op.OperandSize) & _stackMask;
        Store(Ss, top, op.OperandSize == 4 ? 2 : op.OperandSize, _segments[op.A.Register].Selector);
        SetStackPointer(top);
    }

    private void Pop(DecodedInstruction op)
    {
        ulong value = PeekStack(0, op.OperandSize);
        ulong before = _r[Rsp];

        // The address of the destination is made with the pointer behind the pop.
        DropStack(op.OperandSize);
        if (op.A.Kind == OperandKind.Memory)
        {
            try
            {
                Write(op.A, op, value);
            }
            catch
            {
                _r[Rsp] = before;
                throw;
            }
        }
        else
        {
            Write(op.A, op, value);
        }
    }

    private void PopSegment(DecodedInstruction op)
    {
        ulong selector = PeekStack(0, op.OperandSize == 4 ? 2 : op.OperandSize);
        ulong before = _r[Rsp];

        // A new stack segment may have a pointer of another width; the pop is one of the old.
        DropStack(op.OperandSize);
        try
        {
            LoadSegment((X64SegmentRegister)op.A.Register, unchecked((ushort)selector));
            CastShadowOfStack(op);
        }
        catch
        {
            _r[Rsp] = before;
            throw;
        }
    }

    private void Pusha(DecodedInstruction op)
    {
        int size = op.OperandSize / 8;
        ulong stackPointer = _r[Rsp];
        for (int i = 0; i < 8; i++)
        {
            PushValue(i == Rsp ? stackPointer : _r[i], size);
        }
    }

    private void Popa(DecodedInstruction op)
    {
        int size = op.OperandSize / 8;
        for (int i = 7; i >= 0; i--)
        {
            // The stack pointer's own slot is passed over without being read.
            if (i == Rsp)
            {
                DropStack((ulong)size);
            }
            else
            {
                WriteRegister((X64Register)i, size, PopValue(size));
            }
        }
    }

    private void Pushf(DecodedInstruction op) => PushValue(Rflags & ~(X64Flags.RF | X64Flags.VM), op.OperandSize);

    private void Popf(DecodedInstruction op)
    {
        ulong value = PeekStack(0, op.OperandSize);
        LoadFlags(value, op.OperandSize);
        DropStack(op.OperandSize);
    }

    /// <summary>What popf and iret may change: IOPL at privilege 0 only, IF where IOPL allows, VM, VIF and VIP never.</summary>
    private void LoadFlags(ulong value, int size)
    {
        if ((value & X64Flags.TF) != 0)
        {
            throw NotSimulated("RFLAGS.TF is set: the trap behind each instruction is not simulated");
        }

        ulong mask = X64Flags.Status | X64Flags.TF | X64Flags.DF | X64Flags.NT;
        if (size > 2)
        {
            mask |= X64Flags.AC | X64Flags.ID | X64Flags.RF;
        }

        int allowed = (int)(_flags >> 12) & 3;
        if (_privilege <= allowed)
        {
            mask |= X64Flags.IF;
        }

        if (_privilege == 0)
        {
            mask |= X64Flags.IOPL;
        }

        ulong before = _flags;
        SetFlags(mask, value & ~X64Flags.RF);
        ForgetIfAccessControlChanged(before);
    }

    /// <summary>With CR4.SMAP, RFLAGS.AC decides on access to user pages.</summary>
    private void ForgetIfAccessControlChanged(ulong before)
    {
        if ((_cr4 & X64Cr4.SMAP) != 0 && ((before ^ _flags) & X64Flags.AC) != 0)
        {
            ForgetTranslations();
        }
    }

    private void Enter(DecodedInstruction op)
    {
        unchecked
        {
            int size = op.OperandSize;
            int level = (int)op.B.Value & 31;
            ulong room = op.A.Value & 0xFFFF;
            PushValue(_r[Rbp], size);
            ulong frame = _r[Rsp];
            ulong old = _r[Rbp];
            for (int i = 1; i < level; i++)
            {
                old -= (ulong)size;
                PushValue(Load(Ss, old & _stackMask, size), size);
            }

            if (level > 0)
            {
                PushValue(frame, size);
            }

            SetStackPointer(_r[Rsp] - room);
            WriteRegister(X64Register.Rbp, size, frame);

            // The new top must be writable, though nothing is written there.
            ProbeWrite(Linear(Ss, _r[Rsp] & _stackMask, size, true), size, Ss);
        }
    }

    private void Leave(DecodedInstruction op)
    {
        ulong value = Load(Ss, _r[Rbp] & _stackMask, op.OperandSize);
        SetStackPointer(unchecked((_r[Rbp] & _stackMask) + op.OperandSize));
        WriteRegister(X64Register.Rbp, op.OperandSize, value);
    }
}
