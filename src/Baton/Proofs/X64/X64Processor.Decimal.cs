namespace Baton.Proofs.X64;

/// <content>Decimal arithmetic, which 64-bit mode does not have.</content>
public sealed partial class X64Processor
{
    private void Daa(DecodedInstruction op) => AdjustPacked(subtracts: false);

    private void Das(DecodedInstruction op) => AdjustPacked(subtracts: true);

    private void AdjustPacked(bool subtracts)
    {
        unchecked
        {
            byte old = (byte)_r[0];
            bool oldCarry = Carry;
            bool adjust = Adjust || (old & 0xF) > 9;
            bool carry = false;
            byte al = old;
            if (adjust)
            {
                carry = oldCarry || (subtracts ? al < 6 : al > 0xF9);
                al = (byte)(subtracts ? al - 6 : al + 6);
            }

            if (old > 0x99 || oldCarry)
            {
                al = (byte)(subtracts ? al - 0x60 : al + 0x60);
                carry = true;
            }

            WriteRegister(X64Register.Rax, 1, al);
            SetLogic(al, 1);
            SetFlags(X64Flags.CF | X64Flags.AF, Bit(X64Flags.CF, carry) | Bit(X64Flags.AF, adjust));
        }
    }

    private void Aaa(DecodedInstruction op) => AdjustUnpacked(subtracts: false);

    private void Aas(DecodedInstruction op) => AdjustUnpacked(subtracts: true);

    private void AdjustUnpacked(bool subtracts)
    {
        unchecked
        {
            ulong ax = Ax;
            bool adjust = Adjust || (ax & 0xF) > 9;
            if (adjust)
            {
                ax = subtracts ? ax - 0x106 : ax + 0x106;
            }

            WriteRegister(X64Register.Rax, 2, ax & 0xFF0F);
            SetFlags(
                X64Flags.CF | X64Flags.AF, adjust ? X64Flags.CF | X64Flags.AF : 0);
        }
    }

    private void Aam(DecodedInstruction op)
    {
        ulong radix = op.A.Value & 0xFF;
        if (radix == 0)
        {
            throw Fault(X64Exception.DivideError, null, "a division by zero");
        }

        ulong al = _r[0] & 0xFF;
        WriteRegister(X64Register.Rax, 2, (al / radix << 8) | (al % radix));
        SetLogic(al % radix, 1);
    }

    private void Aad(DecodedInstruction op)
    {
        unchecked
        {
            ulong al = ((_r[0] & 0xFF) + ((_r[0] >> 8 & 0xFF) * op.A.Value)) & 0xFF;
            WriteRegister(X64Register.Rax, 2, al);
            SetLogic(al, 1);
        }
    }
}
