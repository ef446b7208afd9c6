namespace Baton.Trampolines;

/// <content>Instructions of the operating system.</content>
public sealed partial class X64Assembler
{
    /// <summary>Loads the global descriptor table's register. <c>0F 01 /2</c></summary>
    public void Lgdt(MemoryOperand from) => EmitMemory(false, [0x0F, 0x01], 2, from);

    /// <summary>Loads the interrupt descriptor table's register. <c>0F 01 /3</c></summary>
    public void Lidt(MemoryOperand from) => EmitMemory(false, [0x0F, 0x01], 3, from);

    /// <summary>Stores the global descriptor table's register: 10 bytes in 64-bit mode. <c>0F 01 /0</c></summary>
    public void Sgdt(MemoryOperand to) => EmitMemory(false, [0x0F, 0x01], 0, to);

    /// <summary>Stores the interrupt descriptor table's register: 10 bytes in 64-bit mode. <c>0F 01 /1</c></summary>
    public void Sidt(MemoryOperand to) => EmitMemory(false, [0x0F, 0x01], 1, to);

    /// <summary>Reads the task register's selector, zero-extended. <c>0F 00 /1</c></summary>
    public void Str(Reg32 to) => EmitRegister(false, [0x0F, 0x00], 1, to.Number);

    /// <summary>Reads a control register, in 64-bit mode. <c>0F 20 /r</c></summary>
    public void Mov(Reg64 to, ControlRegister from)
    {
        Require(CodeBits.Bits64, "mov r64, cr");
        EmitRegister(false, [0x0F, 0x20], from.Number, to.Number);
    }

    /// <summary>Loads a control register, in 64-bit mode. <c>0F 22 /r</c></summary>
    public void Mov(ControlRegister to, Reg64 from)
    {
        Require(CodeBits.Bits64, "mov cr, r64");
        EmitRegister(false, [0x0F, 0x22], to.Number, from.Number);
    }

    /// <summary>Reads a control register, in 32-bit mode. <c>0F 20 /r</c></summary>
    public void Mov(Reg32 to, ControlRegister from)
    {
        Require(CodeBits.Bits32, "mov r32, cr");
        EmitRegister(false, [0x0F, 0x20], from.Number, to.Number);
    }

    /// <summary>Loads a control register, in 32-bit mode. <c>0F 22 /r</c></summary>
    public void Mov(ControlRegister to, Reg32 from)
    {
        Require(CodeBits.Bits32, "mov cr, r32");
        EmitRegister(false, [0x0F, 0x22], to.Number, from.Number);
    }

    /// <summary>Reads the model-specific register ECX into EDX:EAX. <c>0F 32</c></summary>
    public void Rdmsr() => Emit(0x0F, 0x32);

    /// <summary>Writes EDX:EAX to the model-specific register ECX. <c>0F 30</c></summary>
    public void Wrmsr() => Emit(0x0F, 0x30);

    /// <summary>Asks what the processor is: leaf EAX, subleaf ECX. <c>0F A2</c></summary>
    public void Cpuid() => Emit(0x0F, 0xA2);

    /// <summary>Calls the operating system; RCX and R11 are lost. <c>0F 05</c></summary>
    public void Syscall()
    {
        Require(CodeBits.Bits64, "syscall");
        Emit(0x0F, 0x05);
    }

    /// <summary>Refuses interrupts. <c>FA</c></summary>
    public void Cli() => Emit(0xFA);

    /// <summary>Accepts interrupts, from behind the next instruction on. <c>FB</c></summary>
    public void Sti() => Emit(0xFB);

    /// <summary>Lets string instructions go upwards. <c>FC</c></summary>
    public void Cld() => Emit(0xFC);

    /// <summary>Writes the caches back and empties them. <c>0F 09</c></summary>
    public void Wbinvd() => Emit(0x0F, 0x09);

    /// <summary>Reads a byte from port DX into AL. <c>EC</c></summary>
    public void InAlDx() => Emit(0xEC);

    /// <summary>Reads 4 bytes from port DX into EAX. <c>ED</c></summary>
    public void InEaxDx() => Emit(0xED);

    /// <summary>Writes AL to port DX. <c>EE</c></summary>
    public void OutDxAl() => Emit(0xEE);

    /// <summary>Writes EAX to port DX. <c>EF</c></summary>
    public void OutDxEax() => Emit(0xEF);
}
