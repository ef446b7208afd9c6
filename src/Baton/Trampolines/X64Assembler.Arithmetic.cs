namespace Baton.Trampolines;

/// <content>
/// Arithmetic and logic. A constant that fits is written in one byte (<c>83 /n ib</c>), any other in four
/// (<c>81 /n id</c>); with 64-bit operands the processor extends its sign.
/// </content>
public sealed partial class X64Assembler
{
    /// <summary>Adds. <c>REX.W 01 /r</c></summary>
    public void Add(Reg64 to, Reg64 from) => EmitRegister(true, [0x01], from.Number, to.Number);

    /// <summary>Adds. <c>01 /r</c></summary>
    public void Add(Reg32 to, Reg32 from) => EmitRegister(false, [0x01], from.Number, to.Number);

    /// <summary>Adds. <c>REX.W 81 /0 id</c></summary>
    public void Add(Reg64 to, int value) => EmitConstant(true, 0, to.Number, value);

    /// <summary>Adds. <c>81 /0 id</c></summary>
    public void Add(Reg32 to, uint value) => EmitConstant(false, 0, to.Number, unchecked((int)value));

    /// <summary>Ors. <c>REX.W 09 /r</c></summary>
    public void Or(Reg64 to, Reg64 from) => EmitRegister(true, [0x09], from.Number, to.Number);

    /// <summary>Ors. <c>09 /r</c></summary>
    public void Or(Reg32 to, Reg32 from) => EmitRegister(false, [0x09], from.Number, to.Number);

    /// <summary>Ors. <c>REX.W 81 /1 id</c></summary>
    public void Or(Reg64 to, int value) => EmitConstant(true, 1, to.Number, value);

    /// <summary>Ors. <c>81 /1 id</c></summary>
    public void Or(Reg32 to, uint value) => EmitConstant(false, 1, to.Number, unchecked((int)value));

    /// <summary>Ands. <c>REX.W 21 /r</c></summary>
    public void And(Reg64 to, Reg64 from) => EmitRegister(true, [0x21], from.Number, to.Number);

    /// <summary>Ands. <c>21 /r</c></summary>
    public void And(Reg32 to, Reg32 from) => EmitRegister(false, [0x21], from.Number, to.Number);

    /// <summary>Ands. <c>REX.W 81 /4 id</c></summary>
    public void And(Reg64 to, int value) => EmitConstant(true, 4, to.Number, value);

    /// <summary>Ands. <c>81 /4 id</c></summary>
    public void And(Reg32 to, uint value) => EmitConstant(false, 4, to.Number, unchecked((int)value));

    /// <summary>Subtracts. <c>REX.W 29 /r</c></summary>
    public void Sub(Reg64 to, Reg64 from) => EmitRegister(true, [0x29], from.Number, to.Number);

    /// <summary>Subtracts. <c>29 /r</c></summary>
    public void Sub(Reg32 to, Reg32 from) => EmitRegister(false, [0x29], from.Number, to.Number);

    /// <summary>Subtracts. <c>REX.W 81 /5 id</c></summary>
    public void Sub(Reg64 to, int value) => EmitConstant(true, 5, to.Number, value);

    /// <summary>Subtracts. <c>81 /5 id</c></summary>
    public void Sub(Reg32 to, uint value) => EmitConstant(false, 5, to.Number, unchecked((int)value));

    /// <summary>Exclusive-ors. <c>REX.W 31 /r</c></summary>
    public void Xor(Reg64 to, Reg64 from) => EmitRegister(true, [0x31], from.Number, to.Number);

    /// <summary>Exclusive-ors. <c>31 /r</c></summary>
    public void Xor(Reg32 to, Reg32 from) => EmitRegister(false, [0x31], from.Number, to.Number);

    /// <summary>Exclusive-ors. <c>REX.W 81 /6 id</c></summary>
    public void Xor(Reg64 to, int value) => EmitConstant(true, 6, to.Number, value);

    /// <summary>Exclusive-ors. <c>81 /6 id</c></summary>
    public void Xor(Reg32 to, uint value) => EmitConstant(false, 6, to.Number, unchecked((int)value));

    /// <summary>Compares. <c>REX.W 39 /r</c></summary>
    public void Cmp(Reg64 to, Reg64 from) => EmitRegister(true, [0x39], from.Number, to.Number);

    /// <summary>Compares. <c>39 /r</c></summary>
    public void Cmp(Reg32 to, Reg32 from) => EmitRegister(false, [0x39], from.Number, to.Number);

    /// <summary>Compares. <c>REX.W 81 /7 id</c></summary>
    public void Cmp(Reg64 to, int value) => EmitConstant(true, 7, to.Number, value);

    /// <summary>Compares. <c>81 /7 id</c></summary>
    public void Cmp(Reg32 to, uint value) => EmitConstant(false, 7, to.Number, unchecked((int)value));

    /// <summary>Multiplies; the upper half of the product is lost. <c>REX.W 0F AF /r</c></summary>
    public void Imul(Reg64 to, Reg64 from) => EmitRegister(true, [0x0F, 0xAF], to.Number, from.Number);

    /// <summary>Sets the flags as for <c>and</c>. <c>REX.W 85 /r</c></summary>
    public void Test(Reg64 left, Reg64 right) => EmitRegister(true, [0x85], right.Number, left.Number);

    /// <summary>Sets the flags as for <c>and</c>. <c>85 /r</c></summary>
    public void Test(Reg32 left, Reg32 right) => EmitRegister(false, [0x85], right.Number, left.Number);

    /// <summary>Sets the flags as for <c>and</c>. <c>REX.W F7 /0 id</c></summary>
    public void Test(Reg64 left, int value)
    {
        EmitRegister(true, [0xF7], 0, left.Number);
        Data32(unchecked((uint)value));
    }

    /// <summary>Sets the flags as for <c>and</c>. <c>F7 /0 id</c></summary>
    public void Test(Reg32 left, uint value)
    {
        EmitRegister(false, [0xF7], 0, left.Number);
        Data32(value);
    }

    /// <summary>Copies a bit into CF. <c>REX.W 0F BA /4 ib</c></summary>
    public void Bt(Reg64 register, int bit)
    {
        EmitRegister(true, [0x0F, 0xBA], 4, register.Number);
        Emit((byte)CheckedBit(bit, 64));
    }

    /// <summary>Copies a bit into CF. <c>0F BA /4 ib</c></summary>
    public void Bt(Reg32 register, int bit)
    {
        EmitRegister(false, [0x0F, 0xBA], 4, register.Number);
        Emit((byte)CheckedBit(bit, 32));
    }

    /// <summary>Copies a bit into CF. The number is taken modulo 64. <c>REX.W 0F A3 /r</c></summary>
    public void Bt(Reg64 register, Reg64 bit) => EmitRegister(true, [0x0F, 0xA3], bit.Number, register.Number);

    /// <summary>Copies a bit into CF. The number is taken modulo 32. <c>0F A3 /r</c></summary>
    public void Bt(Reg32 register, Reg32 bit) => EmitRegister(false, [0x0F, 0xA3], bit.Number, register.Number);

    /// <summary>Copies a bit into CF and sets it. <c>REX.W 0F BA /5 ib</c></summary>
    public void Bts(Reg64 register, int bit)
    {
        EmitRegister(true, [0x0F, 0xBA], 5, register.Number);
        Emit((byte)CheckedBit(bit, 64));
    }

    /// <summary>Copies a bit into CF and sets it. <c>0F BA /5 ib</c></summary>
    public void Bts(Reg32 register, int bit)
    {
        EmitRegister(false, [0x0F, 0xBA], 5, register.Number);
        Emit((byte)CheckedBit(bit, 32));
    }

    /// <summary>Copies a bit into CF and sets it. The number is taken modulo 64. <c>REX.W 0F AB /r</c></summary>
    public void Bts(Reg64 register, Reg64 bit) => EmitRegister(true, [0x0F, 0xAB], bit.Number, register.Number);

    /// <summary>Copies a bit into CF and sets it. The number is taken modulo 32. <c>0F AB /r</c></summary>
    public void Bts(Reg32 register, Reg32 bit) => EmitRegister(false, [0x0F, 0xAB], bit.Number, register.Number);

    /// <summary>Copies a bit into CF and clears it. <c>REX.W 0F BA /6 ib</c></summary>
    public void Btr(Reg64 register, int bit)
    {
        EmitRegister(true, [0x0F, 0xBA], 6, register.Number);
        Emit((byte)CheckedBit(bit, 64));
    }

    /// <summary>Copies a bit into CF and clears it. <c>0F BA /6 ib</c></summary>
    public void Btr(Reg32 register, int bit)
    {
        EmitRegister(false, [0x0F, 0xBA], 6, register.Number);
        Emit((byte)CheckedBit(bit, 32));
    }

    /// <summary>Copies a bit into CF and clears it. The number is taken modulo 64. <c>REX.W 0F B3 /r</c></summary>
    public void Btr(Reg64 register, Reg64 bit) => EmitRegister(true, [0x0F, 0xB3], bit.Number, register.Number);

    /// <summary>Copies a bit into CF and clears it. The number is taken modulo 32. <c>0F B3 /r</c></summary>
    public void Btr(Reg32 register, Reg32 bit) => EmitRegister(false, [0x0F, 0xB3], bit.Number, register.Number);

    /// <summary>Rotates to the left. <c>REX.W C1 /0 ib</c></summary>
    public void Rol(Reg64 register, int count)
    {
        EmitRegister(true, [0xC1], 0, register.Number);
        Emit((byte)CheckedBit(count, 64));
    }

    /// <summary>Rotates to the left. <c>C1 /0 ib</c></summary>
    public void Rol(Reg32 register, int count)
    {
        EmitRegister(false, [0xC1], 0, register.Number);
        Emit((byte)CheckedBit(count, 32));
    }

    /// <summary>Shifts to the left. <c>REX.W C1 /4 ib</c></summary>
    public void Shl(Reg64 register, int count)
    {
        EmitRegister(true, [0xC1], 4, register.Number);
        Emit((byte)CheckedBit(count, 64));
    }

    /// <summary>Shifts to the left. <c>C1 /4 ib</c></summary>
    public void Shl(Reg32 register, int count)
    {
        EmitRegister(false, [0xC1], 4, register.Number);
        Emit((byte)CheckedBit(count, 32));
    }

    /// <summary>Shifts to the right, zeros coming in. <c>REX.W C1 /5 ib</c></summary>
    public void Shr(Reg64 register, int count)
    {
        EmitRegister(true, [0xC1], 5, register.Number);
        Emit((byte)CheckedBit(count, 64));
    }

    /// <summary>Shifts to the right, zeros coming in. <c>C1 /5 ib</c></summary>
    public void Shr(Reg32 register, int count)
    {
        EmitRegister(false, [0xC1], 5, register.Number);
        Emit((byte)CheckedBit(count, 32));
    }

    private void EmitConstant(bool wide, int extension, int register, int value)
    {
        if (FitsInByte(value))
        {
            EmitRegister(wide, [0x83], extension, register);
            Emit(unchecked((byte)value));
        }
        else
        {
            EmitRegister(wide, [0x81], extension, register);
            Data32(unchecked((uint)value));
        }
    }
}
