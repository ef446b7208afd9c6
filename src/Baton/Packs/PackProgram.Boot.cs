using Baton.Machines;
using Baton.Trampolines;
using static Baton.Packs.PackComparison;
using static Baton.Packs.PackRegister;

namespace Baton.Packs;

/// <content>
/// What differs from boot to boot: the device tree's properties that lead to the firmware's tables, and the memory that
/// is in use. docs/decisions/0008-packs-for-arm64-with-uefi.md.
/// </content>
internal sealed partial class PackProgram
{
    private const string TreePath = "/" + RunningDeviceTree.Path;

    private readonly Label _block;
    private readonly Label _bigEndian;

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

    /// <summary>A property: its name is at S3, its value at S0 and of S2 bytes.</summary>
    private void WriteValue()
    {
        ulong[] names = [.. _task.BootValues.Select(value => _data.Text(value.Name))];
        ulong table = _data.Table(_task.BootValues.Index().SelectMany(value => (ulong[])
            [names[value.Index], (ulong)value.Item.Length, .. _task.Places.Select(place => place.BootValues[value.Index])]));
        ulong tableEnd = _data.End;
        int entrySize = 16 + (_task.Places.Count * 8);
        Label entry = _code.NewLabel("value_entry");
        Label letter = _code.NewLabel("value_letter");
        Label differs = _code.NewLabel("value_differs");
        Label same = _code.NewLabel("value_same");
        Label unknown = _code.NewLabel("value_unknown");
        Label strange = _code.NewLabel("value_strange");
        Label done = _code.NewLabel("value_done");
        _code.Set(A2, table);
        _code.Bind(entry);
        _code.Set(T0, tableEnd);
        _code.If(A2, Equal, T0, unknown);
        _code.Load(A3, A2);
        _code.Copy(A4, S3);
        _code.Bind(letter);
        _code.LoadByte(T0, A3);
        _code.LoadByte(T1, A4);
        _code.If(T0, NotEqual, T1, differs);
        _code.Add(A3, 1);
        _code.Add(A4, 1);
        _code.If(T0, NotEqual, 0, letter);
        _code.Load(T0, A2, 8);
        _code.If(T0, Equal, S2, same);
        _code.Jump(strange);
        _code.Bind(differs);
        _code.Add(A2, entrySize);
        _code.Jump(entry);

        _code.Bind(same);
        CopyValue();
        _code.Load(T0, Frame, PackFrame.Found);
        _code.Add(T0, 1);
        _code.Store(T0, Frame, PackFrame.Found);
        _code.Jump(done);

        // A property of UEFI that the packed tree has not: a kernel that got no such property would go astray.
        _code.Bind(unknown);
        IfOther(RunningDeviceTree.UefiPrefix, S3, done);

        _code.Bind(strange);
        _code.Copy(S1, S3);
        Begin(PackExit.Unavailable);
        Append(TreePath);
        Append(": ");
        _code.Copy(S3, S1);
        _code.Call(_append);
        Append(" was not recorded, or not so: record and pack anew");
        _code.Jump(_tell);
        _code.Bind(done);
    }

    /// <summary>Copies S2 bytes from S0 to each place of the entry at A2.</summary>
    private void CopyValue()
    {
        Label place = _code.NewLabel("copy_place");
        Label next = _code.NewLabel("copy_next");
        Label done = _code.NewLabel("copy_done");
        _code.Set(A0, (ulong)_task.Places.Count);
        _code.Bind(place);
        _code.Load(A3, A2, 16);
        _code.Copy(A4, S0);
        _code.Copy(T1, S2);
        _code.Bind(next);
        _code.If(T1, Equal, 0, done);
        _code.LoadByte(T0, A4);
        _code.StoreByte(T0, A3);
        _code.Add(A3, 1);
        _code.Add(A4, 1);
        _code.Subtract(T1, 1);
        _code.Jump(next);
        _code.Bind(done);
        _code.Add(A2, 8);
        _code.Subtract(A0, 1);
        _code.If(A0, NotEqual, 0, place);
    }

    /// <summary>Jumps where the text at an address, which stays, does not begin so; T0, A0, A3 and A4 are lost.</summary>
    private void IfOther(string beginning, PackRegister address, Label other)
    {
        Label letter = _code.NewLabel("beginning_letter");
        Label same = _code.NewLabel("beginning_same");
        _code.Set(A3, _data.Text(beginning));
        _code.Copy(A4, address);
        _code.Bind(letter);
        _code.LoadByte(T0, A3);
        _code.If(T0, Equal, 0, same);
        _code.LoadByte(A0, A4);
        _code.Add(A3, 1);
        _code.Add(A4, 1);
        _code.If(T0, Equal, A0, letter);
        _code.Jump(other);
        _code.Bind(same);
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

    private (ulong Address, int Length)? ValueOf(string property)
    {
        int index = _task.BootValues.Index().FirstOrDefault(value => value.Item.Name == property, (-1, null!)).Index;
        return index < 0 ? null : (_task.Places[0].BootValues[index], _task.BootValues[index].Length);
    }

    /// <summary>A number of one or two cells in the packed tree.</summary>
    private void Number((ulong Address, int Length) value, PackRegister to)
    {
        _code.Set(to, 0);
        for (int i = 0; i < value.Length; i += 4)
        {
            BigEndianAt(value.Address + (ulong)i);
            _code.ShiftLeft(to, 32);
            _code.Add(to, Result);
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
