using System.Text;
using Baton.Trampolines;
using static Baton.Trampolines.Reg32;
using static Baton.Trampolines.Reg64;

namespace Baton.Probe;

/// <summary>The probe's subroutines that write to the first serial port, and the strings that they are given.</summary>
internal sealed class ProbeConsole
{
    private const ushort Port = 0x3F8;
    private const ushort LineStatus = Port + 5;
    private const uint TransmitterEmpty = 1 << 5;

    /// <summary>How often the port is asked before a character is written anyway: there may be no port.</summary>
    private const uint Patience = 100_000;

    private readonly X64Assembler _code;
    private readonly Dictionary<string, Label> _strings = [];
    private readonly Label _character;
    private readonly Label _string;
    private readonly Label _digits;
    private readonly Label _dump;

    public ProbeConsole(X64Assembler code)
    {
        _code = code;
        _character = code.NewLabel("write_character");
        _string = code.NewLabel("write_string");
        _digits = code.NewLabel("write_digits");
        _dump = code.NewLabel("dump");
    }

    /// <summary>Writes a line <c>PROBE name=</c> with the 16 hexadecimal digits of RAX. Changes no register.</summary>
    public void WriteValue(string name)
    {
        Write($"PROBE {name}=");
        _code.Push(Rcx);
        _code.Mov(Ecx, 16);
        _code.Call(_digits);
        _code.Pop(Rcx);
        Write("\n");
    }

    /// <summary>Writes text. Changes no register.</summary>
    public void Write(string text)
    {
        if (!_strings.TryGetValue(text, out Label? label))
        {
            label = _code.NewLabel(text);
            _strings.Add(text, label);
        }

        _code.Push(Rsi);
        _code.Lea(Rsi, MemoryOperand.At(label));
        _code.Call(_string);
        _code.Pop(Rsi);
    }

    /// <summary>
    /// Writes the memory from RSI on, RCX bytes rounded up to whole lines of 32, as <c>PROBE @address=bytes</c>.
    /// Changes RSI and RCX.
    /// </summary>
    public void Dump() => _code.Call(_dump);

    /// <summary>Writes the subroutines and strings themselves, behind the program.</summary>
    public void WriteSubroutines()
    {
        WriteDump();
        WriteDigits();
        WriteString();
        WriteCharacter();
        foreach ((string text, Label label) in _strings)
        {
            _code.Bind(label);
            _code.Data(Encoding.ASCII.GetBytes(text + "\0"));
        }
    }

    private void WriteDump()
    {
        _code.Bind(_dump);
        _code.Push(Rax);
        _code.Push(Rbx);
        _code.Push(Rdx);
        _code.Lea(Rbx, MemoryOperand.At(Rcx, ProbeOutput.BytesPerLine - 1));
        _code.Shr(Rbx, 5);
        Label line = _code.Here("dump_line");
        Label end = _code.NewLabel("dump_end");
        _code.Test(Rbx, Rbx);
        _code.Jcc(Condition.Zero, end);
        Write("PROBE @");
        _code.Mov(Rax, Rsi);
        _code.Mov(Ecx, 16);
        _code.Call(_digits);
        Write("=");

        _code.Mov(Edx, ProbeOutput.BytesPerLine);
        Label next = _code.Here("dump_byte");
        _code.MovzxByte(Eax, MemoryOperand.At(Rsi));
        _code.Shl(Rax, 56); // digits are written from the top of the register
        _code.Mov(Ecx, 2);
        _code.Call(_digits);
        _code.Add(Rsi, 1);
        _code.Sub(Edx, 1);
        _code.JccShort(Condition.NotZero, next);
        Write("\n");
        _code.Sub(Rbx, 1);
        _code.Jmp(line);

        _code.Bind(end);
        _code.Pop(Rdx);
        _code.Pop(Rbx);
        _code.Pop(Rax);
        _code.Ret();
    }

    /// <summary>Writes the upper RCX hexadecimal digits of RAX; changes RCX, and leaves RAX rotated.</summary>
    private void WriteDigits()
    {
        _code.Bind(_digits);
        _code.Push(Rax);
        _code.Push(Rdx);
        Label next = _code.Here("digit");
        Label isNumber = _code.NewLabel("digit_is_number");
        _code.Rol(Rax, 4);
        _code.Mov(Edx, Eax);
        _code.And(Edx, 0xF);
        _code.Add(Edx, '0');
        _code.Cmp(Edx, '9');
        _code.JccShort(Condition.BelowOrEqual, isNumber);
        _code.Add(Edx, 'a' - '9' - 1);
        _code.Bind(isNumber);
        _code.Push(Rax);
        _code.Mov(Eax, Edx);
        _code.Call(_character);
        _code.Pop(Rax);
        _code.Sub(Ecx, 1);
        _code.JccShort(Condition.NotZero, next);
        _code.Pop(Rdx);
        _code.Pop(Rax);
        _code.Ret();
    }

    /// <summary>Writes the text at RSI up to its NUL.</summary>
    private void WriteString()
    {
        _code.Bind(_string);
        _code.Push(Rax);
        _code.Push(Rsi);
        Label next = _code.Here("string_character");
        Label end = _code.NewLabel("string_end");
        _code.MovzxByte(Eax, MemoryOperand.At(Rsi));
        _code.Test(Eax, Eax);
        _code.JccShort(Condition.Zero, end);
        _code.Call(_character);
        _code.Add(Rsi, 1);
        _code.JmpShort(next);
        _code.Bind(end);
        _code.Pop(Rsi);
        _code.Pop(Rax);
        _code.Ret();
    }

    /// <summary>Writes the character AL.</summary>
    private void WriteCharacter()
    {
        _code.Bind(_character);
        _code.Push(Rcx);
        _code.Push(Rdx);
        _code.Push(Rax);
        _code.Mov(Edx, LineStatus);
        _code.Mov(Ecx, Patience);
        Label ask = _code.Here("ask_port");
        Label ready = _code.NewLabel("port_ready");
        _code.InAlDx();
        _code.Test(Eax, TransmitterEmpty);
        _code.JccShort(Condition.NotZero, ready);
        _code.Pause();
        _code.Sub(Ecx, 1);
        _code.JccShort(Condition.NotZero, ask);
        _code.Bind(ready);
        _code.Pop(Rax);
        _code.Mov(Edx, Port);
        _code.OutDxAl();
        _code.Pop(Rdx);
        _code.Pop(Rcx);
        _code.Ret();
    }
}
