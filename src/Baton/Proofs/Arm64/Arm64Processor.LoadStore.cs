namespace Baton.Proofs.Arm64;

/// <summary>Loads and stores of one register and of two.</summary>
public sealed partial class Arm64Processor
{
    private ulong Base(ref Arm64Instruction i)
    {
        ulong address = _x[i.N];
        return i.N == Arm64Instruction.StackPointer && (address & 15) != 0 && _regime.ChecksStack
            ? throw Raise(Arm64ExceptionClass.SpAlignment, 0, $"sp = 0x{address:x} is not a multiple of 16", null)
            : address;
    }

    private static ulong Extended(ref Arm64Instruction i, ulong value) => !i.IsSigned
        ? value
        : Narrow(i.Is64, Arm64Arithmetic.SignExtend(value, i.SizeLog2));

    private void Load(ref Arm64Instruction i)
    {
        ulong start = Base(ref i);
        ulong moved = unchecked(start + i.Immediate);
        ulong address = i.Indexing == Indexing.PostIndex ? start : moved;
        if (i.Flag)
        {
            RequireAlignment(address, i.SizeLog2, isWrite: false);
        }

        ulong value = ReadData(address, i.SizeLog2);
        if (i.Indexing != Indexing.Offset)
        {
            _x[i.N] = moved;
        }

        _x[i.D] = Extended(ref i, value);
    }

    private void Store(ref Arm64Instruction i)
    {
        ulong start = Base(ref i);
        ulong moved = unchecked(start + i.Immediate);
        ulong address = i.Indexing == Indexing.PostIndex ? start : moved;
        if (i.Flag)
        {
            RequireAlignment(address, i.SizeLog2, isWrite: true);
        }

        WriteData(address, i.SizeLog2, _x[i.D]);
        if (i.Indexing != Indexing.Offset)
        {
            _x[i.N] = moved;
        }
    }

    /// <summary>LDTR and STTR at EL1: with the rights of EL0, unless PSTATE.UAO says otherwise.</summary>
    private void AccessUnprivileged(ref Arm64Instruction i)
    {
        TranslationRegime own = _regime;
        bool isStore = i.Operation == Arm64Operation.StoreUnprivileged;
        if (HasLevelBelow && (_otherState & Uao) == 0)
        {
            _regime = own with { IsUnprivileged = true };
            Array.Clear(_tlb);
        }

        try
        {
            if (isStore)
            {
                Store(ref i);
            }
            else
            {
                Load(ref i);
            }
        }
        finally
        {
            if (!ReferenceEquals(_regime, own))
            {
                _regime = own;
                Array.Clear(_tlb);
            }
        }
    }

    /// <summary>Whether EL0 is in the same regime: at EL1, and at EL2 for a host with HCR_EL2.TGE.</summary>
    private bool HasLevelBelow => ExceptionLevel == 1
        || (_regime.HasUpperHalf && (_system[Arm64SystemRegister.HcrEl2] & TrapGeneral) != 0);

    private void LoadPair(ref Arm64Instruction i)
    {
        ulong start = Base(ref i);
        ulong moved = unchecked(start + i.Immediate);
        ulong address = i.Indexing == Indexing.PostIndex ? start : moved;
        ulong first = ReadData(address, i.SizeLog2);
        ulong second = ReadData(unchecked(address + (1UL << i.SizeLog2)), i.SizeLog2);
        if (i.Indexing != Indexing.Offset)
        {
            _x[i.N] = moved;
        }

        _x[i.D] = Extended(ref i, first);
        _x[i.A] = Extended(ref i, second);
    }

    private void StorePair(ref Arm64Instruction i)
    {
        ulong start = Base(ref i);
        ulong moved = unchecked(start + i.Immediate);
        ulong address = i.Indexing == Indexing.PostIndex ? start : moved;
        WriteData(address, i.SizeLog2, _x[i.D]);
        WriteData(unchecked(address + (1UL << i.SizeLog2)), i.SizeLog2, _x[i.A]);
        if (i.Indexing != Indexing.Offset)
        {
            _x[i.N] = moved;
        }
    }
}
