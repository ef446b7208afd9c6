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

    /// <summary>
    /// What a boot's first line says (arch/arm64/kernel/setup.c), and what the next one does. A log that begins with
    /// neither has lost lines: newer ones have taken their place, or somebody has cleared it.
    /// </summary>
    private static readonly string[] FirstLines = ["Booting Linux on physical CPU", "Linux version "];

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
        RequireWholeLog();

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

    /// <summary>
    /// Ends the program where the log from S0 to S1 does not begin with the boot: no line about a table would not mean
    /// that there is no table.
    /// </summary>
    private void RequireWholeLog()
    {
        Label next = _code.NewLabel("first_line");
        Label lost = _code.NewLabel("first_line_lost");
        Label found = _code.NewLabel("first_line_found");
        _code.Bind(next);
        _code.If(S0, Equal, S1, lost);
        _code.LoadByte(T0, S0);
        _code.If(T0, Equal, '\n', lost);
        foreach (string text in FirstLines)
        {
            Label other = _code.NewLabel("first_line_other");
            IfOther(text, S0, other);
            _code.Jump(found);
            _code.Bind(other);
        }

        _code.Add(S0, 1);
        _code.Jump(next);
        _code.Bind(lost);
        Begin(PackExit.Unavailable);
        Append("kernel log: it has lost this boot's first lines, and what is lost may tell where the interrupt controller's "
            + "tables are: run this earlier in a boot, or boot with a larger log_buf_len=");
        _code.Jump(_tell);
        _code.Bind(found);
    }
}
