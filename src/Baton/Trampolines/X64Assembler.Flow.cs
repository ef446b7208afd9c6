namespace Baton.Trampolines;

/// <content>Jumps, calls and what stops the processor.</content>
public sealed partial class X64Assembler
{
    /// <summary>Jumps. <c>E9 cd</c></summary>
    public void Jmp(Label target)
    {
        Emit(0xE9);
        EmitReference(Reference.Relative32, target);
    }

    /// <summary>Jumps by at most 128 bytes. <c>EB cb</c></summary>
    public void JmpShort(Label target)
    {
        Emit(0xEB);
        EmitReference(Reference.Relative8, target);
    }

    /// <summary>Jumps to the address in a register. <c>FF /4</c></summary>
    public void Jmp(Reg64 target)
    {
        Require(CodeBits.Bits64, "jmp r64");
        EmitRegister(false, [0xFF], 4, target.Number);
    }

    /// <summary>Jumps to the address that is stored in memory. <c>FF /4</c></summary>
    public void Jmp(MemoryOperand target) => EmitMemory(false, [0xFF], 4, target);

    /// <summary>Jumps if the condition holds. <c>0F 80+cc cd</c></summary>
    public void Jcc(Condition condition, Label target)
    {
        Emit(0x0F, (byte)(0x80 | condition.Number));
        EmitReference(Reference.Relative32, target);
    }

    /// <summary>Jumps by at most 128 bytes if the condition holds. <c>70+cc cb</c></summary>
    public void JccShort(Condition condition, Label target)
    {
        Emit((byte)(0x70 | condition.Number));
        EmitReference(Reference.Relative8, target);
    }

    /// <summary>Calls. <c>E8 cd</c></summary>
    public void Call(Label target)
    {
        Emit(0xE8);
        EmitReference(Reference.Relative32, target);
    }

    /// <summary>Returns from a call. <c>C3</c></summary>
    public void Ret() => Emit(0xC3);

    /// <summary>Pops RIP, then CS: in 64-bit mode the way to another code segment. <c>REX.W CB</c></summary>
    public void Retfq()
    {
        Require(CodeBits.Bits64, "retfq");
        Emit(0x48, 0xCB);
    }

    /// <summary>Returns from an interrupt: pops RIP, CS, RFLAGS, RSP and SS. <c>REX.W CF</c></summary>
    public void Iretq()
    {
        Require(CodeBits.Bits64, "iretq");
        Emit(0x48, 0xCF);
    }

    /// <summary>Jumps to the 32-bit offset and the selector behind it that are stored in memory. <c>FF /5</c></summary>
    public void JmpFar(MemoryOperand target) => EmitMemory(false, [0xFF], 5, target);

    /// <summary>Jumps into another code segment; in 32-bit code only. <c>EA cp</c></summary>
    public void JmpFar(ushort selector, Label target)
    {
        Require(CodeBits.Bits32, "jmp ptr16:32");
        Emit(0xEA);
        EmitReference(Reference.Absolute32, target);
        Data16(selector);
    }

    /// <summary>Does nothing. <c>90</c></summary>
    public void Nop() => Emit(0x90);

    /// <summary>Tells the processor that this is a loop that waits. <c>F3 90</c></summary>
    public void Pause() => Emit(0xF3, 0x90);

    /// <summary>Stops until an interrupt. <c>F4</c></summary>
    public void Hlt() => Emit(0xF4);

    /// <summary>Breakpoint. <c>CC</c></summary>
    public void Int3() => Emit(0xCC);
}
