namespace Baton.Proofs.Arm64;

/// <summary>Exclusive, ordered and atomic accesses. There is one processor, so order and atomicity come by themselves.</summary>
public sealed partial class Arm64Processor
{
    /// <summary>The physical address that the local monitor watches; null when it is open.</summary>
    private ulong? _monitored;
    private int _monitoredSize;

    /// <summary>Opens the local monitor, as an exception does: the next exclusive store fails.</summary>
    public void ClearExclusiveMonitor() => _monitored = null;

    private void LoadExclusive(ref Arm64Instruction i, bool isPair)
    {
        ulong address = Base(ref i);
        int size = (isPair ? 2 : 1) << i.SizeLog2;
        RequireAlignment(address, i.SizeLog2 + (isPair ? 1 : 0), isWrite: false);
        ulong watched = PhysicalOf(address, Arm64Access.Read);
        ulong first = ReadData(address, i.SizeLog2);
        ulong second = isPair ? ReadData(unchecked(address + (1UL << i.SizeLog2)), i.SizeLog2) : 0;
        _monitored = watched;
        _monitoredSize = size;
        _x[i.D] = first;
        if (isPair)
        {
            _x[i.A] = second;
        }
    }

    private void StoreExclusive(ref Arm64Instruction i, bool isPair)
    {
        ulong address = Base(ref i);
        int size = (isPair ? 2 : 1) << i.SizeLog2;
        RequireAlignment(address, i.SizeLog2 + (isPair ? 1 : 0), isWrite: true);
        bool passes = _monitored is { } watched && size == _monitoredSize && watched == PhysicalOf(address, Arm64Access.Write);
        if (passes)
        {
            WriteData(address, i.SizeLog2, _x[i.D]);
            if (isPair)
            {
                WriteData(unchecked(address + (1UL << i.SizeLog2)), i.SizeLog2, _x[i.A]);
            }
        }

        _monitored = null;
        _x[i.M] = passes ? 0UL : 1;
    }

    private void LoadAcquire(ref Arm64Instruction i)
    {
        ulong address = Base(ref i);
        RequireAlignment(address, i.SizeLog2, isWrite: false);
        _x[i.D] = ReadData(address, i.SizeLog2);
    }

    private void StoreRelease(ref Arm64Instruction i)
    {
        ulong address = Base(ref i);
        RequireAlignment(address, i.SizeLog2, isWrite: true);
        WriteData(address, i.SizeLog2, _x[i.D]);
    }

    private void CompareAndSwap(ref Arm64Instruction i)
    {
        ulong address = Base(ref i);
        ulong mask = Ones(i.SizeLog2);
        ulong old = ReadForUpdate(address, i.SizeLog2);
        if (old == (_x[i.M] & mask))
        {
            WriteData(address, i.SizeLog2, _x[i.D]);
        }

        SetUnlessZero(i.M, old);
    }

    private void CompareAndSwapPair(ref Arm64Instruction i)
    {
        ulong address = Base(ref i);
        RequireAlignment(address, i.SizeLog2 + 1, isWrite: false);
        ulong mask = Ones(i.SizeLog2);
        ulong high = unchecked(address + (1UL << i.SizeLog2));
        ulong first = ReadForUpdate(address, i.SizeLog2);
        ulong second = ReadForUpdate(high, i.SizeLog2);
        if (first == (_x[i.M] & mask) && second == (Second(i.M) & mask))
        {
            WriteData(address, i.SizeLog2, _x[i.D]);
            WriteData(high, i.SizeLog2, Second(i.D));
        }

        SetUnlessZero(i.M, first);
        SetUnlessZero((byte)(i.M + 1), second);
    }

    private void Atomic(ref Arm64Instruction i)
    {
        ulong address = Base(ref i);
        ulong old = ReadForUpdate(address, i.SizeLog2);
        ulong operand = _x[i.M];
        ulong signedOld = Arm64Arithmetic.SignExtend(old, i.SizeLog2);
        ulong signedOperand = Arm64Arithmetic.SignExtend(operand, i.SizeLog2);
        ulong unsignedOperand = operand & Ones(i.SizeLog2);
        unchecked
        {
            ulong result = i.Operation switch
            {
                Arm64Operation.AtomicAdd => old + operand,
                Arm64Operation.AtomicClear => old & ~operand,
                Arm64Operation.AtomicExclusiveOr => old ^ operand,
                Arm64Operation.AtomicSet => old | operand,
                Arm64Operation.AtomicSignedMaximum => (ulong)Math.Max((long)signedOld, (long)signedOperand),
                Arm64Operation.AtomicSignedMinimum => (ulong)Math.Min((long)signedOld, (long)signedOperand),
                Arm64Operation.AtomicUnsignedMaximum => Math.Max(old, unsignedOperand),
                Arm64Operation.AtomicUnsignedMinimum => Math.Min(old, unsignedOperand),
                _ => operand,
            };
            WriteData(address, i.SizeLog2, result);
        }

        _x[i.D] = old;
    }

    /// <summary>Reads what will be written too: a page that may only be read faults as a write.</summary>
    private ulong ReadForUpdate(ulong address, int sizeLog2)
    {
        RequireAlignment(address, sizeLog2, isWrite: false);
        ulong old = ReadData(address, sizeLog2);
        RequireNormal(ref Entry(address, Arm64Access.Write, SyndromeIsWrite), address);
        return old;
    }

    private ulong PhysicalOf(ulong address, Arm64Access access)
    {
        ref TlbEntry entry = ref Entry(address, access, access == Arm64Access.Write ? SyndromeIsWrite : 0);
        RequireNormal(ref entry, address);
        return entry.Page.Address | (address & PageMask);
    }

    /// <summary>Exclusive and atomic accesses to device memory work on some machines and fault on others.</summary>
    private void RequireNormal(ref TlbEntry entry, ulong address)
    {
        if (entry.Translation.IsDevice)
        {
            throw new Arm64FaultException(
                Arm64FaultCause.Unpredictable,
                $"an exclusive or atomic access to 0x{address:x}, which is device memory"
                + $"{(_regime.IsOn ? "" : " while the MMU is off")} (instruction at 0x{_pc:x})", _pc);
        }
    }

    private static ulong Ones(int sizeLog2) => ulong.MaxValue >> (64 - (8 << sizeLog2));

    /// <summary>The register after an even one; after x30 comes zero.</summary>
    private ulong Second(byte register) => _x[register + 1];

    private void SetUnlessZero(byte register, ulong value)
    {
        if (register != Arm64Instruction.Zero)
        {
            _x[register] = value;
        }
    }
}
