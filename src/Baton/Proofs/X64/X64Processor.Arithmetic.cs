namespace Baton.Proofs.X64;

/// <content>Sums, differences and logic.</content>
public sealed partial class X64Processor
{
    private void Add(DecodedInstruction op)
    {
        unchecked
        {
            ulong a = ReadToModify(op.A, op);
            ulong b = Read(op.B, op);
            ulong sum = a + b;
            Write(op.A, op, sum);
            SetSum(a, b, sum, op.A.Size);
        }
    }

    private void Adc(DecodedInstruction op)
    {
        unchecked
        {
            ulong a = ReadToModify(op.A, op);
            ulong b = Read(op.B, op);
            ulong sum = a + b + CarryIn;
            Write(op.A, op, sum);
            SetSum(a, b, sum, op.A.Size);
        }
    }

    private void Sub(DecodedInstruction op)
    {
        unchecked
        {
            ulong a = ReadToModify(op.A, op);
            ulong b = Read(op.B, op);
            ulong difference = a - b;
            Write(op.A, op, difference);
            SetDifference(a, b, difference, op.A.Size);
        }
    }

    private void Sbb(DecodedInstruction op)
    {
        unchecked
        {
            ulong a = ReadToModify(op.A, op);
            ulong b = Read(op.B, op);
            ulong difference = a - b - CarryIn;
            Write(op.A, op, difference);
            SetDifference(a, b, difference, op.A.Size);
        }
    }

    private void Cmp(DecodedInstruction op)
    {
        unchecked
        {
            ulong a = Read(op.A, op);
            ulong b = Read(op.B, op);
            SetDifference(a, b, a - b, op.A.Size);
        }
    }

    private void And(DecodedInstruction op)
    {
        ulong result = ReadToModify(op.A, op) & Read(op.B, op);
        Write(op.A, op, result);
        SetLogic(result, op.A.Size);
    }

    private void Or(DecodedInstruction op)
    {
        ulong result = ReadToModify(op.A, op) | Read(op.B, op);
        Write(op.A, op, result);
        SetLogic(result, op.A.Size);
    }

    private void Xor(DecodedInstruction op)
    {
        ulong result = ReadToModify(op.A, op) ^ Read(op.B, op);
        Write(op.A, op, result);
        SetLogic(result, op.A.Size);
    }

    private void Test(DecodedInstruction op) => SetLogic(Read(op.A, op) & Read(op.B, op), op.A.Size);

    private void Inc(DecodedInstruction op)
    {
        unchecked
        {
            ulong a = ReadToModify(op.A, op);
            Write(op.A, op, a + 1);
            bool carry = Carry;
            SetSum(a, 1, a + 1, op.A.Size);
            ReplaceCarry(carry);
        }
    }

    private void Dec(DecodedInstruction op)
    {
        unchecked
        {
            ulong a = ReadToModify(op.A, op);
            Write(op.A, op, a - 1);
            bool carry = Carry;
            SetDifference(a, 1, a - 1, op.A.Size);
            ReplaceCarry(carry);
        }
    }

    private void Neg(DecodedInstruction op)
    {
        unchecked
        {
            ulong a = ReadToModify(op.A, op);
            Write(op.A, op, 0 - a);
            SetDifference(0, a, 0 - a, op.A.Size);
        }
    }

    private void Not(DecodedInstruction op) => Write(op.A, op, ~ReadToModify(op.A, op));

    private void Xadd(DecodedInstruction op)
    {
        unchecked
        {
            ulong a = ReadToModify(op.A, op);
            ulong b = Read(op.B, op);

            // The register first: with the same register twice the sum stays.
            if (op.A.Kind == OperandKind.Register)
            {
                Write(op.B, op, a);
                Write(op.A, op, a + b);
            }
            else
            {
                Write(op.A, op, a + b);
                Write(op.B, op, a);
            }

            SetSum(a, b, a + b, op.A.Size);
        }
    }

    private void Cmpxchg(DecodedInstruction op)
    {
        unchecked
        {
            ulong old = ReadToModify(op.A, op);
            ulong expected = _r[0] & op.A.Mask;
            if (expected == old)
            {
                Write(op.A, op, Read(op.B, op));
            }
            else
            {
                // Memory is written in any case, with what it holds.
                if (op.A.Kind == OperandKind.Memory)
                {
                    Write(op.A, op, old);
                }

                WriteRegister(X64Register.Rax, op.A.Size, old);
            }

            SetDifference(expected, old, expected - old, op.A.Size);
        }
    }

    private void CmpxchgPair(DecodedInstruction op)
    {
        unchecked
        {
            int half = op.MemorySize / 2;
            ulong address = EffectiveAddress(op);
            if (half == 8 && (Linear(op.Segment, address, 16, true) & 15) != 0)
            {
                throw GeneralProtection(0, "the operand of cmpxchg16b is not on a boundary of 16 bytes");
            }

            ulong high = Behind(op, address, half);
            ulong low = LoadToModify(op.Segment, address, half);
            ulong upper = LoadToModify(op.Segment, high, half);
            bool equal = low == ReadRegister(X64Register.Rax, half) && upper == ReadRegister(X64Register.Rdx, half);
            Store(op.Segment, address, half, equal ? ReadRegister(X64Register.Rbx, half) : low);
            Store(op.Segment, high, half, equal ? ReadRegister(X64Register.Rcx, half) : upper);
            if (!equal)
            {
                WriteRegister(X64Register.Rax, half, low);
                WriteRegister(X64Register.Rdx, half, upper);
            }

            SetFlags(X64Flags.ZF, Bit(X64Flags.ZF, equal));
        }
    }

    private void Adcx(DecodedInstruction op) => AddWithFlag(op, X64Flags.CF);

    private void Adox(DecodedInstruction op) => AddWithFlag(op, X64Flags.OF);

    private void AddWithFlag(DecodedInstruction op, ulong flag)
    {
        unchecked
        {
            Settle();
            ulong a = Read(op.A, op);
            ulong b = Read(op.B, op);
            UInt128 sum = (UInt128)a + b + ((_flags & flag) != 0 ? 1UL : 0);
            Write(op.A, op, (ulong)sum);
            SetFlags(flag, Bit(flag, sum >> (8 * op.A.Size) != 0));
        }
    }
}
