namespace Baton.Trampolines;

/// <content>Instructions that move data.</content>
public sealed partial class X64Assembler
{
    /// <summary>Loads a constant. <c>REX.W B8+rd io</c></summary>
    public void Mov(Reg64 to, ulong value)
    {
        EmitRex(wide: true, 0, to.Number);
        Emit((byte)(0xB8 | (to.Number & 7)));
        Data64(value);
    }

    /// <summary>Loads a constant; in 64-bit mode the upper half becomes zero. <c>B8+rd id</c></summary>
    public void Mov(Reg32 to, uint value)
    {
        EmitRex(wide: false, 0, to.Number);
        Emit((byte)(0xB8 | (to.Number & 7)));
        Data32(value);
    }

    /// <summary>Copies a register. <c>REX.W 89 /r</c></summary>
    public void Mov(Reg64 to, Reg64 from) => EmitRegister(true, [0x89], from.Number, to.Number);

    /// <summary>Copies a register; in 64-bit mode the upper half becomes zero. <c>89 /r</c></summary>
    public void Mov(Reg32 to, Reg32 from) => EmitRegister(false, [0x89], from.Number, to.Number);

    /// <summary>Loads 8 bytes. <c>REX.W 8B /r</c></summary>
    public void Mov(Reg64 to, MemoryOperand from) => EmitMemory(true, [0x8B], to.Number, from);

    /// <summary>Loads 4 bytes; in 64-bit mode the upper half becomes zero. <c>8B /r</c></summary>
    public void Mov(Reg32 to, MemoryOperand from) => EmitMemory(false, [0x8B], to.Number, from);

    /// <summary>Stores 8 bytes. <c>REX.W 89 /r</c></summary>
    public void Mov(MemoryOperand to, Reg64 from) => EmitMemory(true, [0x89], from.Number, to);

    /// <summary>Stores 4 bytes. <c>89 /r</c></summary>
    public void Mov(MemoryOperand to, Reg32 from) => EmitMemory(false, [0x89], from.Number, to);

    /// <summary>Loads a byte and clears the rest of the register. <c>0F B6 /r</c></summary>
    public void MovzxByte(Reg32 to, MemoryOperand from) => EmitMemory(false, [0x0F, 0xB6], to.Number, from);

    /// <summary>Stores the lowest byte of a register; of esp to edi only in 64-bit mode. <c>88 /r</c></summary>
    public void MovByte(MemoryOperand to, Reg32 from) => EmitMemory(false, [0x88], from.Number, to, isByte: true);

    /// <summary>Loads an address. <c>REX.W 8D /r</c></summary>
    public void Lea(Reg64 to, MemoryOperand from) => EmitMemory(true, [0x8D], to.Number, from);

    /// <summary>Loads a segment register from the lower 16 bits. <c>8E /r</c></summary>
    public void Mov(DataSegment to, Reg32 from) => EmitRegister(false, [0x8E], to.Number, from.Number);

    /// <summary>Reads a segment register, zero-extended. <c>8C /r</c></summary>
    public void Mov(Reg32 to, SegmentRegister from) => EmitRegister(false, [0x8C], from.Number, to.Number);

    /// <summary>Pushes 8 bytes. <c>50+rd</c></summary>
    public void Push(Reg64 register)
    {
        Require(CodeBits.Bits64, "push r64");
        EmitRex(wide: false, 0, register.Number);
        Emit((byte)(0x50 | (register.Number & 7)));
    }

    /// <summary>Pushes a constant, its sign extended to the stack's width. <c>68 id</c></summary>
    public void Push(int value)
    {
        Emit(0x68);
        Data32(unchecked((uint)value));
    }

    /// <summary>Pops 8 bytes. <c>58+rd</c></summary>
    public void Pop(Reg64 register)
    {
        Require(CodeBits.Bits64, "pop r64");
        EmitRex(wide: false, 0, register.Number);
        Emit((byte)(0x58 | (register.Number & 7)));
    }

    /// <summary>Pushes RFLAGS. <c>9C</c></summary>
    public void Pushfq()
    {
        Require(CodeBits.Bits64, "pushfq");
        Emit(0x9C);
    }

    /// <summary>Pops RFLAGS. <c>9D</c></summary>
    public void Popfq()
    {
        Require(CodeBits.Bits64, "popfq");
        Emit(0x9D);
    }

    /// <summary>Copies RCX (ECX) bytes from RSI to RDI. <c>F3 A4</c></summary>
    public void RepMovsb() => Emit(0xF3, 0xA4);

    /// <summary>Copies RCX times 8 bytes from RSI to RDI. <c>F3 REX.W A5</c></summary>
    public void RepMovsq()
    {
        Require(CodeBits.Bits64, "rep movsq");
        Emit(0xF3, 0x48, 0xA5);
    }

    /// <summary>Stores RAX RCX times from RDI on. <c>F3 REX.W AB</c></summary>
    public void RepStosq()
    {
        Require(CodeBits.Bits64, "rep stosq");
        Emit(0xF3, 0x48, 0xAB);
    }
}
