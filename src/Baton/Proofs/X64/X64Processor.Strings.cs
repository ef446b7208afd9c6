namespace Baton.Proofs.X64;

/// <content>
/// String instructions. A repeated one goes element by element: a fault leaves the registers as behind the last
/// element that was done, so that it goes on there when it is restarted.
/// </content>
public sealed partial class X64Processor
{
    private const int Rcx = (int)X64Register.Rcx;
    private const int Rsi = (int)X64Register.Rsi;
    private const int Rdi = (int)X64Register.Rdi;
    private const int Es = (int)X64SegmentRegister.Es;

    private ulong StringStep(DecodedInstruction op) =>
        (_flags & X64Flags.DF) == 0 ? op.MemorySize : unchecked(0UL - op.MemorySize);

    /// <summary>Moves a pointer by one element; 16-bit pointers leave the upper bits.</summary>
    private void Step(int register, DecodedInstruction op)
    {
        ref ulong slot = ref _r[register];
        ulong next = unchecked(slot + StringStep(op)) & op.AddressMask;
        slot = op.AddressSize == 2 ? (slot & ~op.AddressMask) | next : next;
    }

    /// <summary>Whether there is an element left to do.</summary>
    private bool HasElement(DecodedInstruction op) => !op.Repeats || (_r[Rcx] & op.AddressMask) != 0;

    /// <summary>Counts an element; whether another may follow.</summary>
    private bool CountElement(DecodedInstruction op)
    {
        if (!op.Repeats)
        {
            return false;
        }

        ref ulong slot = ref _r[Rcx];
        ulong next = unchecked(slot - 1) & op.AddressMask;
        slot = op.AddressSize == 2 ? (slot & ~op.AddressMask) | next : next;
        return next != 0;
    }

    private ulong Source(DecodedInstruction op) => Load(op.Segment, _r[Rsi] & op.AddressMask, op.MemorySize);

    private void Movs(DecodedInstruction op)
    {
        for (bool goesOn = HasElement(op); goesOn; goesOn = CountElement(op))
        {
            while (MoveRun(op))
            {
            }

            Store(Es, _r[Rdi] & op.AddressMask, op.MemorySize, Source(op));
            Step(Rsi, op);
            Step(Rdi, op);
        }
    }

    private void Stos(DecodedInstruction op)
    {
        for (bool goesOn = HasElement(op); goesOn; goesOn = CountElement(op))
        {
            while (FillRun(op))
            {
            }

            Store(Es, _r[Rdi] & op.AddressMask, op.MemorySize, _r[0]);
            Step(Rdi, op);
        }
    }

    private void Lods(DecodedInstruction op)
    {
        for (bool goesOn = HasElement(op); goesOn; goesOn = CountElement(op))
        {
            WriteRegister(X64Register.Rax, op.MemorySize, Source(op));
            Step(Rsi, op);
        }
    }

    private void Cmps(DecodedInstruction op)
    {
        for (bool goesOn = HasElement(op); goesOn;)
        {
            ulong a = Source(op);
            ulong b = Load(Es, _r[Rdi] & op.AddressMask, op.MemorySize);
            SetDifference(a, b, unchecked(a - b), op.MemorySize);
            Step(Rsi, op);
            Step(Rdi, op);
            goesOn = CountElement(op) && Zero != op.RepeatsUntilZero;
        }
    }

    private void Scas(DecodedInstruction op)
    {
        for (bool goesOn = HasElement(op); goesOn;)
        {
            ulong a = ReadRegister(X64Register.Rax, op.MemorySize);
            ulong b = Load(Es, _r[Rdi] & op.AddressMask, op.MemorySize);
            SetDifference(a, b, unchecked(a - b), op.MemorySize);
            Step(Rdi, op);
            goesOn = CountElement(op) && Zero != op.RepeatsUntilZero;
        }
    }

    private void Ins(DecodedInstruction op)
    {
        ushort port = unchecked((ushort)_r[2]);
        CheckPort(port, op.MemorySize);
        for (bool goesOn = HasElement(op); goesOn; goesOn = CountElement(op))
        {
            // Memory must take the value before the device gives it away.
            ulong offset = _r[Rdi] & op.AddressMask;
            ProbeWrite(Linear(Es, offset, op.MemorySize, true), op.MemorySize, Es);
            Store(Es, offset, op.MemorySize, ReadPort(port, op.MemorySize));
            Step(Rdi, op);
        }
    }

    private void Outs(DecodedInstruction op)
    {
        ushort port = unchecked((ushort)_r[2]);
        CheckPort(port, op.MemorySize);
        for (bool goesOn = HasElement(op); goesOn; goesOn = CountElement(op))
        {
            WritePort(port, op.MemorySize, unchecked((uint)Source(op)));
            Step(Rsi, op);
        }
    }
}
