using System.Buffers.Binary;

namespace Baton.Proofs.X64;

/// <content>Moves that leave the flags alone.</content>
public sealed partial class X64Processor
{
    private void Mov(DecodedInstruction op) => Write(op.A, op, Read(op.B, op));

    private void MovRegisterToRegister(DecodedInstruction op)
    {
        ref ulong slot = ref _r[op.A.Register];
        slot = (slot & op.A.Keep) | (((_r[op.B.Register] >> op.B.Shift) & op.B.Mask) << op.A.Shift);
    }

    private void MovFromMemory(DecodedInstruction op)
    {
        ulong value = Load(op.Segment, EffectiveAddress(op), op.A.Size);
        ref ulong slot = ref _r[op.A.Register];
        slot = (slot & op.A.Keep) | (value << op.A.Shift);
    }

    private void MovToMemory(DecodedInstruction op) =>
        Store(op.Segment, EffectiveAddress(op), op.A.Size, _r[op.B.Register] >> op.B.Shift);

    /// <summary>To a segment register other than CS.</summary>
    private void MovToSegment(DecodedInstruction op)
    {
        ulong selector = op.B.Kind == OperandKind.Memory
            ? Load(op.Segment, EffectiveAddress(op), 2)
            : _r[op.B.Register];
        LoadSegment((X64SegmentRegister)op.A.Register, unchecked((ushort)selector));
        CastShadowOfStack(op);
    }

    /// <summary>From a segment register: 16 bits to memory, zero-extended to a wider register.</summary>
    private void MovFromSegment(DecodedInstruction op)
    {
        ulong selector = _segments[op.B.Register].Selector;
        if (op.A.Kind == OperandKind.Memory)
        {
            Store(op.Segment, EffectiveAddress(op), 2, selector);
        }
        else
        {
            Write(op.A, op, selector);
        }
    }

    private void Movsx(DecodedInstruction op) =>
        Write(op.A, op, unchecked((ulong)Signed(Read(op.B, op), op.B.Size)));

    private void Lea(DecodedInstruction op) => Write(op.A, op, EffectiveAddress(op));

    private void Xchg(DecodedInstruction op)
    {
        ulong a = ReadToModify(op.A, op);
        ulong b = op.B.Kind == OperandKind.Memory ? ReadToModify(op.B, op) : Read(op.B, op);

        // Memory first, so that a fault leaves the register.
        if (op.B.Kind == OperandKind.Memory)
        {
            Write(op.B, op, a);
            Write(op.A, op, b);
        }
        else
        {
            Write(op.A, op, b);
            Write(op.B, op, a);
        }
    }

    /// <summary>The source is read in any case, and a 32-bit destination loses its upper half.</summary>
    private void Cmov(DecodedInstruction op)
    {
        ulong value = Read(op.B, op);
        Write(op.A, op, Holds(op.Detail) ? value : Read(op.A, op));
    }

    private void Setcc(DecodedInstruction op) => Write(op.A, op, Holds(op.Detail) ? 1UL : 0);

    private void Bswap(DecodedInstruction op)
    {
        ulong value = Read(op.A, op);
        Write(op.A, op, op.A.Size switch
        {
            8 => BinaryPrimitives.ReverseEndianness(value),
            4 => BinaryPrimitives.ReverseEndianness((uint)value),
            _ => 0,
        });
    }

    private void Movbe(DecodedInstruction op) =>
        Write(op.A, op, BinaryPrimitives.ReverseEndianness(Read(op.B, op)) >> (64 - (8 * op.A.Size)));

    private void Xlatb(DecodedInstruction op)
    {
        unchecked
        {
            ulong address = (_r[(int)X64Register.Rbx] + (_r[0] & 0xFF)) & op.AddressMask;
            WriteRegister(X64Register.Rax, 1, Load(op.Segment, address, 1));
        }
    }

    /// <summary>cbw, cwde, cdqe: AL, AX, EAX into twice the width.</summary>
    private void ExtendRax(DecodedInstruction op) =>
        WriteRegister(X64Register.Rax, op.Detail, unchecked((ulong)Signed(_r[0], op.Detail / 2)));

    /// <summary>cwd, cdq, cqo: the sign into DX, EDX, RDX.</summary>
    private void ExtendToRdx(DecodedInstruction op) =>
        WriteRegister(X64Register.Rdx, op.Detail, unchecked((ulong)(Signed(_r[0], op.Detail) >> 63)));

    private void LoadFarPointer(DecodedInstruction op, X64SegmentRegister segment)
    {
        ulong address = EffectiveAddress(op);
        int size = op.A.Size;
        ulong offset = Load(op.Segment, address, size);
        ulong selector = Load(op.Segment, Behind(op, address, size), 2);
        LoadSegment(segment, (ushort)selector);
        Write(op.A, op, offset);
    }

    private void Lds(DecodedInstruction op) => LoadFarPointer(op, X64SegmentRegister.Ds);

    private void Les(DecodedInstruction op) => LoadFarPointer(op, X64SegmentRegister.Es);

    private void Lfs(DecodedInstruction op) => LoadFarPointer(op, X64SegmentRegister.Fs);

    private void Lgs(DecodedInstruction op) => LoadFarPointer(op, X64SegmentRegister.Gs);

    private void Lss(DecodedInstruction op) => LoadFarPointer(op, X64SegmentRegister.Ss);

    private void Lahf(DecodedInstruction op)
    {
        ref ulong slot = ref _r[0];
        slot = (slot & ~0xFF00UL) | ((Rflags & 0xFF) << 8);
    }

    private void Sahf(DecodedInstruction op) =>
        SetFlags(X64Flags.Status & ~X64Flags.OF, _r[0] >> 8);

    private void Clc(DecodedInstruction op) => SetFlags(X64Flags.CF, 0);

    private void Stc(DecodedInstruction op) => SetFlags(X64Flags.CF, X64Flags.CF);

    private void Cmc(DecodedInstruction op) => SetFlags(X64Flags.CF, Bit(X64Flags.CF, !Carry));

    private void Cld(DecodedInstruction op) => _flags &= ~X64Flags.DF;

    private void Std(DecodedInstruction op) => _flags |= X64Flags.DF;

    private void Nop(DecodedInstruction op)
    {
    }
}
