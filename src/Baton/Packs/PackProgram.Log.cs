using Baton.Trampolines;
using static Baton.Packs.PackComparison;
using static Baton.Packs.PackRegister;

namespace Baton.Packs;

/// <content>
/// The tables of a GICv3's message-signalled interrupts: memory that the controller goes on writing to after the jump, and
/// that the next kernel takes for its own when it finds something of its own there. The kernel says in its log where they
/// are ("GICv3: using LPI property table @0x…", "CPU0: using allocated LPI pending table @0x…"), and nowhere else.
/// </content>
internal sealed partial class PackProgram
{
    /// <summary>SYSLOG_ACTION_READ_ALL of syslog(2).</summary>
    private const ulong ReadWholeLog = 3;

    /// <summary>Bytes of a table, of either kind, with the 16 bits that Linux gives an interrupt's number.</summary>
    private const ulong InterruptTableSize = 0x1_0000;

    private const string TableAt = " table @0x";

    private void WriteBootLog()
    {
        Label next = _code.NewLabel("log_next");
        Label other = _code.NewLabel("log_other");
        Label digit = _code.NewLabel("log_digit");
        Label number = _code.NewLabel("log_number");
        Label done = _code.NewLabel("log_done");
        _code.Set(S0, _data.Text("syslog"));
        _code.Call(PackSystemCall.SysLog, ReadWholeLog, _task.Scratch, PackElf.ScratchSize - 64);
        _code.IfError(_failed);
        _code.Set(S0, _task.Scratch);
        _code.Copy(S1, S0);
        _code.Add(S1, Result);

        // What lies behind the log is zeros: a text that begins at its end has another end.
        _code.Bind(next);
        _code.If(S0, Equal, S1, done);
        IfOther(TableAt, S0, other);
        _code.Add(S0, TableAt.Length);
        _code.Set(S2, 0);
        _code.Bind(digit);
        _code.LoadByte(Result, S0);
        _code.Call(_digit);
        _code.If(Result, Above, 15, number);
        _code.ShiftLeft(S2, 4);
        _code.Add(S2, Result);
        _code.Add(S0, 1);
        _code.Jump(digit);
        _code.Bind(number);
        _code.Copy(A0, S2);
        _code.Set(A1, InterruptTableSize);
        _code.Add(A1, S2);
        _code.Call(_block);
        _code.Jump(next);
        _code.Bind(other);
        _code.Add(S0, 1);
        _code.Jump(next);
        _code.Bind(done);
    }
}
