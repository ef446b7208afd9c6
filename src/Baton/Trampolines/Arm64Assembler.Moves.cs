namespace Baton.Trampolines;

/// <content>Constants, addresses, copies of registers.</content>
public sealed partial class Arm64Assembler
{
    /// <summary>Loads 16 bits, shifted left by 0, 16, 32 or 48; the rest is zero.</summary>
    public void Movz(RegX to, ushort value, int shift = 0) => MoveWide(0xD280_0000, to, value, shift);

    /// <summary>Loads the inverse of 16 bits, shifted left by 0, 16, 32 or 48; the rest is ones.</summary>
    public void Movn(RegX to, ushort value, int shift = 0) => MoveWide(0x9280_0000, to, value, shift);

    /// <summary>Replaces 16 bits at bit 0, 16, 32 or 48; the rest stays.</summary>
    public void Movk(RegX to, ushort value, int shift = 0) => MoveWide(0xF280_0000, to, value, shift);

    /// <summary>Loads a constant, by one <c>movz</c> and as many <c>movk</c> as it needs: 4 to 16 bytes.</summary>
    public void MovConstant(RegX to, ulong value)
    {
        Movz(to, unchecked((ushort)value));
        for (int shift = 16; shift < 64; shift += 16)
        {
            if (unchecked((ushort)(value >> shift)) is var part and not 0)
            {
                Movk(to, part, shift);
            }
        }
    }

    /// <summary>Copies a register; the stack pointer by <c>add</c>, any other by <c>orr</c>.</summary>
    public void Mov(RegX to, RegX from)
    {
        if (to.IsSp || from.IsSp)
        {
            Add(to, from, 0);
        }
        else
        {
            Orr(to, RegX.Zr, from);
        }
    }

    /// <summary>The address of a label, at most 1 MiB away.</summary>
    public void Adr(RegX to, Label target) => Emit(0x1000_0000 | OrZero(to), Reference.Bytes21, target);

    /// <summary>The address of the 4 KiB page of a label, at most 4 GiB away.</summary>
    public void Adrp(RegX to, Label target) => Emit(0x9000_0000 | OrZero(to), Reference.Pages21, target);

    private void MoveWide(uint opcode, RegX to, ushort value, int shift)
    {
        if (shift is not (0 or 16 or 32 or 48))
        {
            throw new ArgumentOutOfRangeException(nameof(shift), shift, "must be 0, 16, 32 or 48");
        }

        Emit(opcode | ((uint)shift / 16 << 21) | ((uint)value << 5) | OrZero(to));
    }
}
