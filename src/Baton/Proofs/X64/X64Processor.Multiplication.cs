namespace Baton.Proofs.X64;

/// <content>Products and quotients.</content>
public sealed partial class X64Processor
{
    private void Mul(DecodedInstruction op)
    {
        unchecked
        {
            int size = op.A.Size;
            UInt128 product = (UInt128)ReadRegister(X64Register.Rax, size) * Read(op.A, op);
            WriteProduct(size, product);
            SetProductFlags((ulong)product, size, product >> (8 * size) != 0);
        }
    }

    private void Imul(DecodedInstruction op)
    {
        unchecked
        {
            int size = op.A.Size;
            if (op.B.Kind == OperandKind.None)
            {
                Int128 product = (Int128)Signed(_r[0], size) * Signed(Read(op.A, op), size);
                WriteProduct(size, (UInt128)product);
                SetProductFlags((ulong)product, size, product != Signed((ulong)product, size));
                return;
            }

            ulong a = op.C.Kind == OperandKind.None ? Read(op.A, op) : Read(op.B, op);
            ulong b = op.C.Kind == OperandKind.None ? Read(op.B, op) : op.C.Value;
            if (size == 8)
            {
                Int128 wide = (Int128)(long)a * (long)b;
                Write(op.A, op, (ulong)wide);
                SetProductFlags((ulong)wide, 8, wide != (long)wide);
            }
            else
            {
                long product = Signed(a, size) * Signed(b, size);
                Write(op.A, op, (ulong)product);
                SetProductFlags((ulong)product, size, product != Signed((ulong)product, size));
            }
        }
    }

    /// <summary>CF and OF say whether the upper half matters; the rest is as for the lower half.</summary>
    private void SetProductFlags(ulong low, int size, bool isWide)
    {
        SetLogic(low, size);
        if (isWide)
        {
            // A carry out of the sign and none into it: CF and OF.
            _carries = Sign;
        }
    }

    private void WriteProduct(int size, UInt128 product)
    {
        unchecked
        {
            if (size == 1)
            {
                WriteRegister(X64Register.Rax, 2, (ulong)product);
                return;
            }

            WriteRegister(X64Register.Rax, size, (ulong)product);
            WriteRegister(X64Register.Rdx, size, (ulong)(product >> (8 * size)));
        }
    }

    private UInt128 Dividend(int size) => size == 1
        ? Ax
        : ((UInt128)ReadRegister(X64Register.Rdx, size) << (8 * size)) | ReadRegister(X64Register.Rax, size);

    private void Div(DecodedInstruction op)
    {
        unchecked
        {
            int size = op.A.Size;
            ulong divisor = Read(op.A, op);
            if (divisor == 0)
            {
                throw Fault(X64Exception.DivideError, null, "a division by zero");
            }

            UInt128 dividend = Dividend(size);
            if (size <= 4 || dividend <= ulong.MaxValue)
            {
                ulong narrow = (ulong)dividend;
                WriteQuotient(size, narrow / divisor, narrow % divisor, narrow / divisor <= op.A.Mask);
                return;
            }

            UInt128 quotient = dividend / divisor;
            WriteQuotient(size, (ulong)quotient, (ulong)(dividend - (quotient * divisor)), quotient <= ulong.MaxValue);
        }
    }

    private void Idiv(DecodedInstruction op)
    {
        unchecked
        {
            int size = op.A.Size;
            Int128 divisor = Signed(Read(op.A, op), size);
            if (divisor == 0)
            {
                throw Fault(X64Exception.DivideError, null, "a division by zero");
            }

            int unused = 128 - (16 * size);
            Int128 dividend = (Int128)(Dividend(size) << unused) >> unused;
            if (dividend == Int128.MinValue && divisor == -1)
            {
                throw Fault(X64Exception.DivideError, null, "the quotient does not fit");
            }

            Int128 quotient = dividend / divisor;
            Int128 remainder = dividend - (quotient * divisor);
            WriteQuotient(size, (ulong)quotient, (ulong)remainder, quotient == Signed((ulong)quotient, size));
        }
    }

    private void WriteQuotient(int size, ulong quotient, ulong remainder, bool fits)
    {
        if (!fits)
        {
            throw Fault(X64Exception.DivideError, null, "the quotient does not fit");
        }

        if (size == 1)
        {
            WriteRegister(X64Register.Rax, 2, (quotient & 0xFF) | ((remainder & 0xFF) << 8));
            return;
        }

        WriteRegister(X64Register.Rax, size, quotient);
        WriteRegister(X64Register.Rdx, size, remainder);
    }

    /// <summary>The product without flags (BMI2): the first operand gets the upper half.</summary>
    private void Mulx(DecodedInstruction op)
    {
        unchecked
        {
            UInt128 product = (UInt128)ReadRegister(X64Register.Rdx, op.A.Size) * Read(op.C, op);
            Write(op.B, op, (ulong)product);
            Write(op.A, op, (ulong)(product >> (8 * op.A.Size)));
        }
    }
}
