using Baton.Handoffs;
using Baton.Trampolines;
using static Baton.Packs.PackComparison;
using static Baton.Packs.PackRegister;

namespace Baton.Packs;

/// <content>
/// The addresses of the firmware's tables that a kernel is told by number, one "NAME=0x…" a line: the firmware puts them
/// elsewhere in each boot.
/// </content>
internal sealed partial class PackProgram
{
    private const string SystabPath = "/sys/firmware/efi/systab";

    /// <summary>Takes the number of a line to each place; sysfs is mounted, since the device tree comes from there too.</summary>
    private void WriteBootSystab(BootValue entry)
    {
        string start = entry.Name + "=0x";
        Label line = _code.NewLabel("systab_line");
        Label letter = _code.NewLabel("systab_letter");
        Label rest = _code.NewLabel("systab_rest");
        Label found = _code.NewLabel("systab_found");
        Label none = _code.NewLabel("systab_none");
        Label done = _code.NewLabel("systab_done");
        _code.Set(S0, _data.Text("open " + SystabPath));
        WriteOpen(_data.Text(SystabPath), ReadOnly);
        _code.IfError(_failed);
        StartReading(SystabPath);
        _code.Bind(line);
        _code.Set(S2, _data.Text(start));
        _code.Bind(letter);
        _code.Call(_nextByte);
        _code.LoadByte(T0, S2);
        _code.If(T0, Equal, 0, found);
        _code.Add(S2, 1);
        _code.If(Result, Equal, T0, letter);
        _code.Bind(rest);
        _code.If(Result, Equal, EndOfFile, none);
        _code.If(Result, Equal, '\n', line);
        _code.Call(_nextByte);
        _code.Jump(rest);
        _code.Bind(found);
        ReadNumber(S1, '\n', rest);
        foreach (PackedPlace place in _task.Places)
        {
            _code.Set(A0, place.SystemTableEntry!.Value);
            _code.Store(S1, A0);
        }

        _code.Jump(done);
        _code.Bind(none);
        Begin(PackExit.Unavailable);
        Append(SystabPath);
        Append(": there is no " + entry.Name + ", and there was when the machine was recorded");
        _code.Jump(_tell);
        _code.Bind(done);
    }
}
