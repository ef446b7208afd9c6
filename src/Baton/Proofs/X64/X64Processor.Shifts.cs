namespace Baton.Proofs.X64;

/// <content>
/// Shifts and rotations. A count of zero leaves the flags; OF, undefined for counts other than 1, is what the last
/// of the single shifts makes of it.
/// </content>
public sealed partial class X64Processor
{
    private int Count(in Operand operand, DecodedInstruction op, int size) =>
        (int)(Read(operand, op) & (size == 8 ? 63UL : 31UL));

    private void Shl(DecodedInstruction op)
    {
        int size = op.A.Size;
        ulong a = ReadToModify(op.A, op);
        int count = Count(op.B, op, size);
        if (count == 0)
        {
            Write(op.A, op, a);
            return;
        }

        ulong before = a << (count - 1);
        Write(op.A, op, before << 1);
        SetShift(before << 1, before, (before >> ((8 * size) - 1)) & 1, size);
    }

    private void Shr(DecodedInstruction op)
    {
        int size = op.A.Size;
        ulong a = ReadToModify(op.A, op);
        int count = Count(op.B, op, size);
        if (count == 0)
        {
            Write(op.A, op, a);
            return;
        }

        ulong before = a >> (count - 1);
        Write(op.A, op, before >> 1);
        SetShift(before >> 1, before, before & 1, size);
    }

    private void Sar(DecodedInstruction op)
    {
        int size = op.A.Size;
        ulong a = ReadToModify(op.A, op);
        int count = Count(op.B, op, size);
        if (count == 0)
        {
            Write(op.A, op, a);
            return;
        }

        long before = Signed(a, size) >> (count - 1);
        ulong result = unchecked((ulong)(before >> 1));
        Write(op.A, op, result);
        SetShift(result, unchecked((ulong)before), unchecked((ulong)before) & 1, size);
    }

    /// <summary>CF from the last bit out, OF from whether the last shift changed the sign.</summary>
    private void SetShift(ulong result, ulong before, ulong carry, int size)
    {
        SetLogic(result, size);
        ulong changed = ((before ^ result) << _lazyShift) & Sign;
        ulong top = carry << 63;
        _carries = top | ((top ^ changed) >> 1);
    }

    private void Rol(DecodedInstruction op) => Rotate(op, left: true);

    private void Ror(DecodedInstruction op) => Rotate(op, left: false);

    private void Rotate(DecodedInstruction op, bool left)
    {
        int bits = 8 * op.A.Size;
        ulong a = ReadToModify(op.A, op);
        int masked = Count(op.B, op, op.A.Size);
        int count = masked % bits;
        int up = left ? count : (bits - count) % bits;
        ulong result = up == 0 ? a : ((a << up) | (a >> (bits - up))) & op.A.Mask;
        Write(op.A, op, result);
        if (masked == 0)
        {
            return;
        }

        bool top = ((result >> (bits - 1)) & 1) != 0;
        bool carry = left ? (result & 1) != 0 : top;
        bool overflow = left ? top != carry : top != (((result >> (bits - 2)) & 1) != 0);
        SetFlags(X64Flags.CF | X64Flags.OF, Bit(X64Flags.CF, carry) | Bit(X64Flags.OF, overflow));
    }

    private void Rcl(DecodedInstruction op) => RotateThroughCarry(op, left: true);

    private void Rcr(DecodedInstruction op) => RotateThroughCarry(op, left: false);

    private void RotateThroughCarry(DecodedInstruction op, bool left)
    {
        unchecked
        {
            int bits = 8 * op.A.Size;
            ulong a = ReadToModify(op.A, op);
            int count = Count(op.B, op, op.A.Size) % (bits + 1);
            if (count == 0)
            {
                Write(op.A, op, a);
                return;
            }

            UInt128 ring = ((UInt128)CarryIn << bits) | a;
            int up = left ? count : bits + 1 - count;
            UInt128 rotated = (ring << up) | (ring >> (bits + 1 - up));
            ulong result = (ulong)rotated & op.A.Mask;
            Write(op.A, op, result);
            bool overflow = (((a ^ result) >> (bits - 1)) & 1) != 0;
            SetFlags(
                X64Flags.CF | X64Flags.OF,
                Bit(X64Flags.CF, ((rotated >> bits) & 1) != 0) | Bit(X64Flags.OF, overflow));
        }
    }

    private void Shld(DecodedInstruction op)
    {
        unchecked
        {
            int size = op.A.Size;
            int bits = 8 * size;
            ulong a = ReadToModify(op.A, op);
            ulong b = Read(op.B, op);
            int count = Count(op.C, op, size);
            if (count == 0)
            {
                Write(op.A, op, a);
                return;
            }

            // For 16 bits and a count above 16 the bits of the destination follow again.
            UInt128 wide = size == 2 ? ((UInt128)a << 32) | (b << 16) | a : ((UInt128)a << bits) | b;
            int width = size == 2 ? 48 : 2 * bits;
            ulong before = (ulong)(wide << (count - 1) >> (width - bits)) & op.A.Mask;
            ulong result = (ulong)(wide << count >> (width - bits)) & op.A.Mask;
            Write(op.A, op, result);
            SetShift(result, before, (before >> (bits - 1)) & 1, size);
        }
    }

    private void Shrd(DecodedInstruction op)
    {
        unchecked
        {
            int size = op.A.Size;
            int bits = 8 * size;
            ulong a = ReadToModify(op.A, op);
            ulong b = Read(op.B, op);
            int count = Count(op.C, op, size);
            if (count == 0)
            {
                Write(op.A, op, a);
                return;
            }

            UInt128 wide = ((UInt128)b << bits) | a;
            if (size == 2)
            {
                wide |= (UInt128)a << 32;
            }

            ulong before = (ulong)(wide >> (count - 1)) & op.A.Mask;
            ulong result = (ulong)(wide >> count) & op.A.Mask;
            Write(op.A, op, result);
            SetShift(result, before, before & 1, size);
        }
    }

    private void Rorx(DecodedInstruction op)
    {
        int bits = 8 * op.A.Size;
        int count = (int)op.C.Value & (bits - 1);
        ulong a = Read(op.B, op);
        Write(op.A, op, count == 0 ? a : (a >> count) | (a << (bits - count)));
    }

    private void Shlx(DecodedInstruction op) => Write(op.A, op, Read(op.B, op) << Count(op.C, op, op.A.Size));

    private void Shrx(DecodedInstruction op) => Write(op.A, op, Read(op.B, op) >> Count(op.C, op, op.A.Size));

    private void Sarx(DecodedInstruction op) =>
        Write(op.A, op, unchecked((ulong)(Signed(Read(op.B, op), op.A.Size) >> Count(op.C, op, op.A.Size))));
}
