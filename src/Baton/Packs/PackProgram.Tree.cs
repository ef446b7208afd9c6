using Baton.Machines;
using Baton.Trampolines;
using static Baton.Packs.PackComparison;
using static Baton.Packs.PackRegister;

namespace Baton.Packs;

/// <content>
/// The device tree of this boot, read property by property: it leads to the firmware's tables, which differ from boot to boot.
/// docs/decisions/0008-packs-for-arm64-with-uefi.md.
/// </content>
internal sealed partial class PackProgram
{
    private const string TreePath = "/" + RunningDeviceTree.Path;

    private readonly Label _bigEndian;

    /// <summary>Reads the device tree of this boot, and takes what was planned to come from it.</summary>
    private void WriteBootTree()
    {
        Label read = _code.NewLabel("tree_read");
        Label whole = _code.NewLabel("tree_whole");
        OpenOrMount(TreePath, "sysfs", "/sys");
        _code.Set(S1, _task.Scratch);
        _code.Set(S0, _data.Text("read " + TreePath));
        _code.Bind(read);
        _code.Load(A0, Frame, PackFrame.File);
        _code.Copy(A1, S1);
        _code.Set(A2, _task.Scratch + PackElf.ScratchSize);
        _code.Subtract(A2, S1);
        _code.Call(PackSystemCall.Read);
        _code.IfError(_failed);
        _code.Add(S1, Result);
        _code.If(Result, NotEqual, 0, read);

        // The header's totalsize.
        BigEndianAt(_task.Scratch + 4);
        _code.Set(T0, _task.Scratch);
        _code.Add(Result, T0);
        _code.If(Result, Equal, S1, whole);
        Begin(PackExit.Unavailable);
        Append(TreePath);
        Append(": not a whole device tree");
        _code.Jump(_tell);
        _code.Bind(whole);
        WriteTreeWalk();
        WriteBigEndian();
    }

    /// <summary>To the properties of /chosen: S0 is the token's place, S1 the strings block, S2 the depth.</summary>
    private void WriteTreeWalk()
    {
        Label next = _code.NewLabel("token");
        Label node = _code.NewLabel("node");
        Label name = _code.NewLabel("node_name");
        Label property = _code.NewLabel("property");
        Label end = _code.NewLabel("end_of_node");
        Label done = _code.NewLabel("tree_done");
        _code.Set(T0, 0);
        _code.Store(T0, Frame, PackFrame.Found);
        BigEndianAt(_task.Scratch + 12);
        _code.Set(S1, _task.Scratch);
        _code.Copy(S0, S1);
        _code.Add(S1, Result);
        BigEndianAt(_task.Scratch + 8);
        _code.Add(S0, Result);
        _code.Set(S2, 0);
        _code.Bind(next);
        Token();
        _code.If(Result, Equal, 1, node);
        _code.If(Result, Equal, 2, end);
        _code.If(Result, Equal, 3, property);
        _code.If(Result, Equal, 4, next);
        _code.Jump(done);
        _code.Bind(end);
        _code.Subtract(S2, 1);
        _code.Jump(next);
        _code.Bind(property);
        Token();
        _code.Add(S0, 4);
        _code.Add(S0, Result);
        AlignToken();
        _code.Jump(next);

        _code.Bind(node);
        _code.Add(S2, 1);
        _code.Copy(T1, S0);
        _code.Bind(name);
        _code.LoadByte(T0, S0);
        _code.Add(S0, 1);
        _code.If(T0, NotEqual, 0, name);
        AlignToken();
        _code.If(S2, NotEqual, 2, next);
        IfOther("chosen", T1, next);
        _code.LoadByte(T0, T1, "chosen".Length);
        _code.If(T0, NotEqual, 0, next);
        WriteChosen();
        _code.Bind(done);
        WriteTreeEnd();
    }

    /// <summary>The properties of the node, which come before the nodes in it.</summary>
    private void WriteChosen()
    {
        Label next = _code.NewLabel("chosen_token");
        Label property = _code.NewLabel("chosen_property");
        Label done = _code.NewLabel("chosen_done");
        _code.Bind(next);
        Token();
        _code.If(Result, Equal, 4, next);
        _code.If(Result, Equal, 3, property);
        _code.Jump(done);
        _code.Bind(property);
        Token();
        _code.Copy(S2, Result);
        Token();
        _code.Copy(S3, Result);
        _code.Add(S3, S1);
        WriteValue();
        _code.Add(S0, S2);
        AlignToken();
        _code.Jump(next);
        _code.Bind(done);
    }

    /// <summary>All must have been found; the map that they lead to must stay as it is.</summary>
    private void WriteTreeEnd()
    {
        Label complete = _code.NewLabel("tree_complete");
        _code.Load(T0, Frame, PackFrame.Found);
        _code.If(T0, Equal, _task.BootValues.Count, complete);
        Begin(PackExit.Unavailable);
        Append(TreePath);
        Append(": not all " + RunningDeviceTree.UefiPrefix + " properties that were recorded are there: record and pack anew");
        _code.Jump(_tell);
        _code.Bind(complete);
        if (ValueOf(RunningDeviceTree.UefiMapStart) is { } start && ValueOf(RunningDeviceTree.UefiMapSize) is { } size)
        {
            Number(start, S0);
            Number(size, S1);
            if (_task.BootValues.First(value => value.Name == RunningDeviceTree.UefiMapSize).Most is { } most)
            {
                Label fits = _code.NewLabel("map_fits");
                _code.Set(T0, most);
                _code.If(S1, Below, T0, fits);
                _code.If(S1, Equal, T0, fits);
                Begin(PackExit.Unavailable);
                Append(TreePath);
                Append(": " + RunningDeviceTree.UefiMapSize + " is more than there is room for: record and pack anew");
                _code.Jump(_tell);
                _code.Bind(fits);
            }

            _code.Copy(A0, S0);
            _code.Copy(A1, S0);
            _code.Add(A1, S1);
            _code.Call(_block);
        }
    }

    /// <summary>Result: the 4 bytes at S0, which moves behind them.</summary>
    private void Token()
    {
        _code.Copy(A0, S0);
        _code.Add(S0, 4);
        _code.Call(_bigEndian);
    }

    private void AlignToken()
    {
        _code.Add(S0, 3);
        _code.ShiftRight(S0, 2);
        _code.ShiftLeft(S0, 2);
    }

    private void BigEndianAt(ulong address)
    {
        _code.Set(A0, address);
        _code.Call(_bigEndian);
    }

    /// <summary>The routine: Result is the big-endian number of 4 bytes at A0.</summary>
    private void WriteBigEndian()
    {
        Label after = _code.NewLabel("after_big_endian");
        _code.Jump(after);
        _code.Bind(_bigEndian);
        _code.Enter();
        _code.Set(Result, 0);
        for (int i = 0; i < 4; i++)
        {
            _code.ShiftLeft(Result, 8);
            _code.LoadByte(T0, A0, i);
            _code.Add(Result, T0);
        }

        _code.Return();
        _code.Bind(after);
    }
}
