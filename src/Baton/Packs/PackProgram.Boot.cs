using Baton.Trampolines;
using static Baton.Packs.PackComparison;
using static Baton.Packs.PackRegister;

namespace Baton.Packs;

/// <content>
/// The memory that is in use, which differs from boot to boot: what the kernel shows of it, and the places that it leaves.
/// docs/decisions/0008-packs-for-arm64-with-uefi.md.
/// </content>
internal sealed partial class PackProgram
{
    private readonly Label _block;

    /// <summary>
    /// An indented line of /proc/iomem, whose first blank is in Result: but for the running kernel's own parts, whose end is
    /// the jump, it is memory that must stay as it is.
    /// </summary>
    private void ReadIndented(Label rest)
    {
        Label topLevel = _code.NewLabel("top_level");
        Label blank = _code.NewLabel("blank");
        Label text = _code.NewLabel("kernel_text");
        _code.If(Result, NotEqual, ' ', topLevel);
        _code.Bind(blank);
        _code.Call(_nextByte);
        _code.If(Result, Equal, ' ', blank);
        ReadNumber(S0, '-', rest);
        _code.Call(_nextByte);
        ReadNumber(S1, ' ', rest);
        _code.Set(S2, _data.Text(": Kernel "));
        _code.Bind(text);
        _code.LoadByte(T0, S2);
        _code.If(T0, Equal, 0, rest);
        _code.Call(_nextByte);
        _code.LoadByte(T0, S2);
        _code.Add(S2, 1);
        _code.If(Result, Equal, T0, text);
        _code.Copy(A0, S0);
        _code.Copy(A1, S1);
        _code.Add(A1, 1);
        _code.Call(_block);
        _code.Jump(rest);
        _code.Bind(topLevel);
    }

    /// <summary>The routine that marks every place which needs memory between A0 and A1.</summary>
    private void WritePlaceTable()
    {
        ulong table = _data.Table(_task.Places.Index().SelectMany(place => place.Item.Memory.SelectMany(range => (ulong[])
            [range.Start.Value, range.End.Value, PackFrame.InTheWay + ((ulong)place.Index * 8)])));
        ulong tableEnd = _data.End;
        Label next = _code.NewLabel("memory_next");
        Label endsBehind = _code.NewLabel("memory_ends_behind");
        Label other = _code.NewLabel("memory_other");
        Label done = _code.NewLabel("memory_done");
        Label after = _code.NewLabel("after_block");
        _code.Jump(after);
        _code.Bind(_block);
        _code.Enter();
        _code.Set(A2, table);
        _code.Bind(next);
        _code.Set(T1, tableEnd);
        _code.If(A2, Equal, T1, done);
        _code.Load(T0, A2);
        _code.If(T0, Below, A1, endsBehind);
        _code.Jump(other);
        _code.Bind(endsBehind);
        _code.Load(T0, A2, 8);
        _code.If(T0, Below, A0, other);
        _code.If(T0, Equal, A0, other);
        _code.Load(T0, A2, 16);
        _code.Add(T0, Frame);
        _code.Store(A1, T0);
        _code.Store(A0, Frame, PackFrame.BlockStart);
        _code.Store(A1, Frame, PackFrame.BlockEnd);
        _code.Bind(other);
        _code.Add(A2, 24);
        _code.Jump(next);
        _code.Bind(done);
        _code.Return();
        _code.Bind(after);
    }

    private void WriteNoPlace()
    {
        Begin(PackExit.Unavailable);
        Append("memory: this boot has ");
        _code.Load(S0, Frame, PackFrame.BlockStart);
        _code.Load(S1, Frame, PackFrame.BlockEnd);
        _code.Call(_appendRange);
        Append(" in use, and has left none of the places free that the file was made for: try another boot, or pack anew");
        _code.Jump(_tell);
    }
}
