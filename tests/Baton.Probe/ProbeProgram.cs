using Baton.Trampolines;
using static Baton.Trampolines.Reg32;
using static Baton.Trampolines.Reg64;

namespace Baton.Probe;

/// <summary>The probe's program: the protected-mode part of its image, which runs wherever it is put.</summary>
internal sealed class ProbeProgram
{
    /// <summary>What the probe writes to isa-debug-exit at its end, and after an exception.</summary>
    public const byte ExitValue = 0x10;
    public const byte FaultValue = 0x11;

    private const int Entry64 = 0x200;
    private const int StackSize = 0x1000;
    private const int Vectors = 32;
    private const int GateSize = 16;
    private const uint ExtendedFeatures = 0xC000_0080;
    private const uint DebugExit = 0xF4;
    private const int BootParamsSize = 4096;

    /// <summary>The longest run of unknown length that is written out, against a pointer gone wild.</summary>
    private const int Limit = 0x1_0000;
    private const int LongestChain = 64;

    private readonly X64Assembler _code = new();
    private readonly ProbeConsole _console;
    private readonly List<(string Name, Label Slot)> _found = [];
    private readonly Label _entry;
    private readonly Label _stack;
    private readonly Label _bootParams;
    private readonly Label _gates;
    private readonly Label _gateRegister;
    private readonly Label _fault;

    private ProbeProgram()
    {
        _console = new ProbeConsole(_code);
        _entry = _code.NewLabel("entry64");
        _stack = _code.NewLabel("stack");
        _bootParams = _code.NewLabel("boot_params");
        _gates = _code.NewLabel("gates");
        _gateRegister = _code.NewLabel("gate_register");
        _fault = _code.NewLabel("fault");
    }

    /// <summary>The program's bytes; its 64-bit entry is 0x200 behind their start.</summary>
    public static byte[] Assemble(uint initSize)
    {
        ProbeProgram program = new();
        program.WriteStart();
        program.SaveState();
        program.CatchExceptions();
        program.Report();
        program.TouchInitSize(initSize);
        program.DumpBootParams();
        program.DumpSetupData();
        program.DumpCommandLine();
        program.HashInitrd();
        program.WriteEnd();
        return program._code.Build();
    }

    /// <summary>The 32-bit entry is not for use; the 64-bit one has a fixed place.</summary>
    private void WriteStart()
    {
        _code.Bits = CodeBits.Bits32;
        Label stop = _code.Here("entry32");
        _code.Cli();
        _code.Hlt();
        _code.JmpShort(stop);
        _code.Bits = CodeBits.Bits64;
        _code.Align(Entry64);
        _code.Bind(_entry);
    }

    /// <summary>Everything is stored before anything is changed: there may be no stack.</summary>
    private void SaveState()
    {
        foreach (Reg64 register in Reg64.All)
        {
            _code.Mov(Slot(register.ToString()), register);
        }

        _code.Lea(Rsp, MemoryOperand.At(_stack));
        _code.Pushfq();
        _code.Pop(Rax);
        Save("rflags");
        _code.Mov(MemoryOperand.At(_bootParams), Rsi);
        _code.Cld();
        _code.Lea(Rax, MemoryOperand.At(_entry));
        Save("rip");
        foreach (SegmentRegister segment in SegmentRegister.All)
        {
            _code.Mov(Eax, segment);
            Save(segment.ToString());
        }

        _code.Str(Eax);
        Save("tr");
        foreach (ControlRegister control in ControlRegister.All)
        {
            _code.Mov(Rax, control);
            Save(control.ToString());
        }

        _code.Mov(Ecx, ExtendedFeatures);
        _code.Rdmsr();
        _code.Shl(Rdx, 32);
        _code.Or(Rax, Rdx);
        Save("efer");
        SaveTable("gdtr", _code.Sgdt);
        SaveTable("idtr", _code.Sidt);
    }

    /// <summary>Limit and base, as <c>sgdt</c> stores them, split in two.</summary>
    private void SaveTable(string name, Action<MemoryOperand> store)
    {
        _code.Sub(Rsp, 16);
        store(MemoryOperand.At(Rsp));
        _code.Mov(Eax, MemoryOperand.At(Rsp));
        _code.And(Eax, 0xFFFF);
        Save($"{name}_limit");
        _code.Mov(Rax, MemoryOperand.At(Rsp, 2));
        Save($"{name}_base");
        _code.Add(Rsp, 16);
    }

    /// <summary>An exception ends the probe with a line that tells it, instead of a silent reset.</summary>
    private void CatchExceptions()
    {
        // The image can lie anywhere, so that the gates are made by the program and not by the assembler.
        _code.Lea(Rdi, MemoryOperand.At(_gates));
        _code.Lea(Rax, MemoryOperand.At(_fault));
        _code.Mov(Rbx, Rax);
        _code.And(Eax, 0xFFFF);
        _code.Mov(Edx, SegmentRegister.Cs);
        _code.Shl(Edx, 16);
        _code.Or(Eax, Edx);
        _code.Mov(Edx, Ebx);
        _code.And(Edx, 0xFFFF_0000);
        _code.Or(Edx, 0x8E00);
        _code.Shr(Rbx, 32);
        _code.Mov(Ecx, Vectors);
        Label next = _code.Here("gate");
        _code.Mov(MemoryOperand.At(Rdi), Eax);
        _code.Mov(MemoryOperand.At(Rdi, 4), Edx);
        _code.Mov(MemoryOperand.At(Rdi, 8), Rbx);
        _code.Add(Rdi, GateSize);
        _code.Sub(Ecx, 1);
        _code.JccShort(Condition.NotZero, next);

        _code.Lea(Rax, MemoryOperand.At(_gates));
        _code.Lea(Rdx, MemoryOperand.At(_gateRegister));
        _code.Mov(MemoryOperand.At(Rdx, 2), Rax);
        _code.Lidt(MemoryOperand.At(Rdx));
    }

    private void Report()
    {
        _console.Write("\nPROBE start=1\n");
        foreach ((string name, Label slot) in _found)
        {
            _code.Mov(Rax, MemoryOperand.At(slot));
            _console.WriteValue(name);
        }
    }

    /// <summary>The last 8 bytes of init_size must be memory: read as they are, written and read again.</summary>
    private void TouchInitSize(uint initSize)
    {
        const int Pattern = 0x5A5A_A5A5;
        _code.Lea(Rbx, MemoryOperand.At(_entry));
        _code.Mov(Eax, initSize - sizeof(ulong) - Entry64);
        _code.Add(Rbx, Rax);
        _code.Mov(Rax, Rbx);
        _console.WriteValue("init_size_last");
        _code.Mov(Rax, MemoryOperand.At(Rbx));
        _console.WriteValue("init_size_read");
        _code.Mov(Rax, Pattern);
        _code.Mov(MemoryOperand.At(Rbx), Rax);
        _code.Mov(Rax, MemoryOperand.At(Rbx));
        _console.WriteValue("init_size_written");
    }

    private void DumpBootParams()
    {
        _code.Mov(Rsi, MemoryOperand.At(_bootParams));
        _code.Mov(Ecx, BootParamsSize);
        _console.Dump();
    }

    private void DumpSetupData()
    {
        Label next = _code.NewLabel("setup_data");
        Label end = _code.NewLabel("setup_data_end");
        _code.Mov(Rax, MemoryOperand.At(_bootParams));
        _code.Mov(Rbx, MemoryOperand.At(Rax, 0x250)); // setup_data
        _code.Mov(Edi, LongestChain);
        _code.Bind(next);
        _code.Test(Rbx, Rbx);
        _code.Jcc(Condition.Zero, end);
        _code.Mov(Rax, Rbx);
        _console.WriteValue(ProbeOutput.SetupDataName);
        _code.Mov(Ecx, MemoryOperand.At(Rbx, 12)); // len, without the header of 16 bytes
        _code.Add(Rcx, 16);
        LimitLength();
        _code.Mov(Rsi, Rbx);
        _console.Dump();
        _code.Mov(Rbx, MemoryOperand.At(Rbx));
        _code.Sub(Edi, 1);
        _code.Jcc(Condition.NotZero, next);
        _code.Bind(end);
    }

    private void DumpCommandLine()
    {
        SplitPointer(Rbx, low: 0x228, high: 0xC8); // cmd_line_ptr, ext_cmd_line_ptr
        _code.Mov(Rax, Rbx);
        _console.WriteValue("cmdline");
        _code.Mov(Rdi, Rbx);
        Label next = _code.Here("cmdline_character");
        Label end = _code.NewLabel("cmdline_end");
        _code.MovzxByte(Eax, MemoryOperand.At(Rdi));
        _code.Add(Rdi, 1);
        _code.Test(Eax, Eax);
        _code.JccShort(Condition.Zero, end);
        _code.Mov(Rcx, Rdi);
        _code.Sub(Rcx, Rbx);
        _code.Cmp(Rcx, Limit);
        _code.JccShort(Condition.Carry, next);
        _code.Bind(end);
        _code.Mov(Rcx, Rdi);
        _code.Sub(Rcx, Rbx);
        _code.Mov(Rsi, Rbx);
        _console.Dump();
    }

    private void HashInitrd()
    {
        Label words = _code.NewLabel("initrd_words");
        Label bytes = _code.NewLabel("initrd_bytes");
        Label end = _code.NewLabel("initrd_end");
        SplitPointer(Rsi, low: 0x218, high: 0xC0); // ramdisk_image, ext_ramdisk_image
        _code.Mov(Rax, Rsi);
        _console.WriteValue("initrd");
        SplitPointer(Rcx, low: 0x21C, high: 0xC4); // ramdisk_size, ext_ramdisk_size
        _code.Mov(Rax, Rcx);
        _console.WriteValue("initrd_size");
        _code.Mov(Rbx, ProbeChecksum.OffsetBasis);
        _code.Mov(Rdx, ProbeChecksum.Prime);

        _code.Bind(words);
        _code.Cmp(Rcx, sizeof(ulong));
        _code.JccShort(Condition.Carry, bytes);
        _code.Mov(Rax, MemoryOperand.At(Rsi));
        _code.Xor(Rbx, Rax);
        _code.Imul(Rbx, Rdx);
        _code.Add(Rsi, sizeof(ulong));
        _code.Sub(Rcx, sizeof(ulong));
        _code.JmpShort(words);

        _code.Bind(bytes);
        _code.Test(Rcx, Rcx);
        _code.JccShort(Condition.Zero, end);
        _code.MovzxByte(Eax, MemoryOperand.At(Rsi));
        _code.Xor(Rbx, Rax);
        _code.Imul(Rbx, Rdx);
        _code.Add(Rsi, 1);
        _code.Sub(Rcx, 1);
        _code.JmpShort(bytes);

        _code.Bind(end);
        _code.Mov(Rax, Rbx);
        _console.WriteValue("initrd_checksum");
    }

    private void WriteEnd()
    {
        _console.Write("PROBE done\n");
        Exit(ExitValue);

        // Where the processor pushes an error code, it is the first of the three.
        _code.Bind(_fault);
        for (int i = 0; i < 3; i++)
        {
            _code.Mov(Rax, MemoryOperand.At(Rsp, i * sizeof(ulong)));
            _console.WriteValue($"fault_stack{i}");
        }

        _code.Mov(Rax, ControlRegister.Cr2);
        _console.WriteValue("fault_cr2");
        Exit(FaultValue);

        _console.WriteSubroutines();
        _code.Align(GateSize);
        foreach ((string _, Label slot) in _found)
        {
            _code.Bind(slot);
            _code.Data64(0);
        }

        _code.Bind(_bootParams);
        _code.Data64(0);
        _code.Bind(_gateRegister);
        _code.Data16((Vectors * GateSize) - 1);
        _code.Data64(0);
        _code.Align(GateSize);
        _code.Bind(_gates);
        _code.Data(new byte[Vectors * GateSize]);
        _code.Data(new byte[StackSize]);
        _code.Bind(_stack);
    }

    private void Exit(byte value)
    {
        _code.Mov(Eax, value);
        _code.Mov(Edx, DebugExit);
        _code.OutDxAl();
        Label stop = _code.Here("stop");
        _code.Cli();
        _code.Hlt();
        _code.JmpShort(stop);
    }

    /// <summary>A number of boot_params whose upper half has its own field. Changes RAX and the register.</summary>
    private void SplitPointer(Reg64 to, int low, int high)
    {
        _code.Mov(Rax, MemoryOperand.At(_bootParams));
        _code.Mov(to.Low32, MemoryOperand.At(Rax, high));
        _code.Shl(to, 32);
        _code.Mov(Eax, MemoryOperand.At(Rax, low));
        _code.Or(to, Rax);
    }

    /// <summary>RCX becomes at most <see cref="Limit"/>.</summary>
    private void LimitLength()
    {
        Label fits = _code.NewLabel("length_fits");
        _code.Cmp(Rcx, Limit);
        _code.JccShort(Condition.BelowOrEqual, fits);
        _code.Mov(Ecx, Limit);
        _code.Bind(fits);
    }

    private void Save(string name) => _code.Mov(Slot(name), Rax);

    private MemoryOperand Slot(string name)
    {
        Label slot = _code.NewLabel(name);
        _found.Add((name, slot));
        return MemoryOperand.At(slot);
    }
}
