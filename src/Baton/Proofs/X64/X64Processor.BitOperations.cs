using System.Numerics;

namespace Baton.Proofs.X64;

/// <content>Single bits, counting them, and BMI1/BMI2.</content>
public sealed partial class X64Processor
{
    private void Bt(DecodedInstruction op) => TestBit(op, static (a, bit) => a, writes: false);

    private void Bts(DecodedInstruction op) => TestBit(op, static (a, bit) => a | bit, writes: true);

    private void Btr(DecodedInstruction op) => TestBit(op, static (a, bit) => a & ~bit, writes: true);

    private void Btc(DecodedInstruction op) => TestBit(op, static (a, bit) => a ^ bit, writes: true);

    private void TestBit(DecodedInstruction op, Func<ulong, ulong, ulong> change, bool writes)
    {
        unchecked
        {
            int size = op.A.Size;
            int bits = 8 * size;
            ulong number = Read(op.B, op);
            ulong bit = 1UL << (int)(number & (ulong)(bits - 1));
            ulong a;
            if (op.A.Kind == OperandKind.Memory)
            {
                // A bit number in a register reaches beyond the operand, upwards and downwards.
                long words = op.B.Kind == OperandKind.Register ? Signed(number, size) >> BitOperations.Log2((uint)bits) : 0;
                ulong address = (EffectiveAddress(op) + (ulong)(words * size)) & op.AddressMask;
                a = writes ? LoadToModify(op.Segment, address, size) : Load(op.Segment, address, size);
                if (writes)
                {
                    Store(op.Segment, address, size, change(a, bit));
                }
            }
            else
            {
                a = Read(op.A, op);
                if (writes)
                {
                    Write(op.A, op, change(a, bit));
                }
            }

            SetFlags(X64Flags.CF, Bit(X64Flags.CF, (a & bit) != 0));
        }
    }

    private void Bsf(DecodedInstruction op) => Scan(op, static (a, size) => BitOperations.TrailingZeroCount(a));

    private void Bsr(DecodedInstruction op) => Scan(op, static (a, size) => BitOperations.Log2(a));

    /// <summary>The destination stays when there is no bit; the flags but ZF, undefined, are those of the source.</summary>
    private void Scan(DecodedInstruction op, Func<ulong, int, int> find)
    {
        ulong a = Read(op.B, op);
        Write(op.A, op, a == 0 ? Read(op.A, op) : (ulong)find(a, op.A.Size));
        SetLogic(a, op.A.Size);
    }

    private void Tzcnt(DecodedInstruction op)
    {
        ulong a = Read(op.B, op);
        SetCounted(op, a, a == 0 ? 8 * op.A.Size : BitOperations.TrailingZeroCount(a));
    }

    private void Lzcnt(DecodedInstruction op)
    {
        ulong a = Read(op.B, op);
        SetCounted(op, a, BitOperations.LeadingZeroCount(a) - (64 - (8 * op.A.Size)));
    }

    private void SetCounted(DecodedInstruction op, ulong source, int count)
    {
        Write(op.A, op, (ulong)count);
        SetFlags(X64Flags.Status, Bit(X64Flags.CF, source == 0) | Bit(X64Flags.ZF, count == 0));
    }

    private void Popcnt(DecodedInstruction op)
    {
        ulong a = Read(op.B, op);
        Write(op.A, op, (ulong)BitOperations.PopCount(a));
        SetFlags(X64Flags.Status, Bit(X64Flags.ZF, a == 0));
    }

    private void Andn(DecodedInstruction op)
    {
        ulong result = ~Read(op.B, op) & Read(op.C, op);
        Write(op.A, op, result);
        SetLogic(result, op.A.Size);
    }

    private void Blsr(DecodedInstruction op)
    {
        ulong a = Read(op.B, op);
        WriteBitResult(op, unchecked(a & (a - 1)), a == 0);
    }

    private void Blsmsk(DecodedInstruction op)
    {
        ulong a = Read(op.B, op);
        WriteBitResult(op, unchecked(a ^ (a - 1)), a == 0);
    }

    private void Blsi(DecodedInstruction op)
    {
        ulong a = Read(op.B, op);
        WriteBitResult(op, unchecked(a & (0 - a)), a != 0);
    }

    private void Bzhi(DecodedInstruction op)
    {
        int bits = 8 * op.A.Size;
        int index = (int)(Read(op.C, op) & 0xFF);
        ulong a = Read(op.B, op);
        WriteBitResult(op, index >= bits ? a : a & ((1UL << index) - 1), index >= bits);
    }

    private void Bextr(DecodedInstruction op)
    {
        ulong control = Read(op.C, op);
        int start = (int)(control & 0xFF);
        int length = (int)(control >> 8 & 0xFF);
        ulong a = Read(op.B, op);
        a = start >= 64 ? 0 : a >> start;
        a = length >= 64 ? a : a & ((1UL << length) - 1);
        WriteBitResult(op, a, carry: false);
    }

    private void WriteBitResult(DecodedInstruction op, ulong result, bool carry)
    {
        Write(op.A, op, result);
        SetLogic(result & op.A.Mask, op.A.Size);
        ReplaceCarry(carry);
        Settle();
        _flags &= ~X64Flags.OF;
    }

    private void Pdep(DecodedInstruction op)
    {
        ulong source = Read(op.B, op);
        ulong result = 0;
        for (ulong mask = Read(op.C, op); mask != 0; mask &= unchecked(mask - 1), source >>= 1)
        {
            result |= (source & 1) << BitOperations.TrailingZeroCount(mask);
        }

        Write(op.A, op, result);
    }

    private void Pext(DecodedInstruction op)
    {
        ulong source = Read(op.B, op);
        ulong result = 0;
        int next = 0;
        for (ulong mask = Read(op.C, op); mask != 0; mask &= unchecked(mask - 1), next++)
        {
            result |= ((source >> BitOperations.TrailingZeroCount(mask)) & 1) << next;
        }

        Write(op.A, op, result);
    }
}
