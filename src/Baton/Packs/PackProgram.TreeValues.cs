using Baton.Machines;
using Baton.Trampolines;
using static Baton.Packs.PackComparison;
using static Baton.Packs.PackRegister;

namespace Baton.Packs;

/// <content>
/// The values of this boot's device tree that the packed tree takes, each to its places.
/// </content>
internal sealed partial class PackProgram
{
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
}
