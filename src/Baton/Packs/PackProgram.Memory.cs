using Baton.Handoffs;
using Baton.Trampolines;
using static Baton.Packs.PackComparison;
using static Baton.Packs.PackRegister;

namespace Baton.Packs;

/// <content>Is this the machine: its System RAM must be what was recorded, and hold the segments twice.</content>
internal sealed partial class PackProgram
{
    private const string IoMemPath = "/proc/iomem";
    private const int EndOfFile = -1;

    private readonly Label _digit;
    private readonly Label _checkRange;

    private void WriteMemoryCheck()
    {
        ulong recorded = _data.Table(_task.Machine.Ram.SelectMany(range => (ulong[])[range.Start.Value, range.End.Value]));
        ulong recordedEnd = _data.End;
        OpenOrMount(IoMemPath, "proc", "/proc");
        _code.Set(T0, recorded);
        _code.Store(T0, Frame, PackFrame.Recorded);
        _code.Set(T0, 0);
        _code.Store(T0, Frame, PackFrame.RangeStart);
        _code.Store(T0, Frame, PackFrame.RangeEnd);
        for (int i = 0; i < _task.Places.Count; i++)
        {
            _code.Store(T0, Frame, PackFrame.InTheWay + (i * 8));
        }

        ReadLines();
        _code.Call(_checkRange);
        _code.Load(T0, Frame, PackFrame.Recorded);
        _code.Set(T1, recordedEnd);
        Label complete = _code.NewLabel("complete");
        _code.If(T0, Equal, T1, complete);
        Begin(PackExit.Unavailable);
        Append("/proc/iomem: no System RAM, recorded was ");
        AppendRecorded();
        EndOfMismatch();
        WriteCheckRange(recordedEnd);
        WriteDigit();
        _code.Bind(complete);
        CheckHalf();
    }

    /// <summary>Opens a file of a file system that is not there yet in an initramfs with nothing else in it.</summary>
    private void OpenOrMount(string path, string type, string point)
    {
        const int Enoent = -2;
        Label opened = _code.NewLabel("opened");
        Label absent = _code.NewLabel("absent");
        _code.Set(S0, _data.Text("open " + path));
        WriteOpen(_data.Text(path), ReadOnly);
        _code.If(Result, Equal, Enoent, absent);
        _code.IfError(_failed);
        _code.Jump(opened);
        _code.Bind(absent);
        _code.Call(PackSystemCall.MakeDirectoryAt, unchecked((ulong)AtFdCwd), _data.Text(point), 0x16d);
        _code.Set(S0, _data.Text("mount " + point));
        WriteMount(type, point);
        _code.IfError(_failed);
        _code.Set(S0, _data.Text("open " + path));
        WriteOpen(_data.Text(path), ReadOnly);
        _code.IfError(_failed);
        _code.Bind(opened);
        StartReading(path);
    }

    /// <summary>Result is a file that has just been opened.</summary>
    private void StartReading(string path)
    {
        _code.Store(Result, Frame, PackFrame.File);
        _code.Set(T0, _data.Text("read " + path));
        _code.Store(T0, Frame, PackFrame.Reading);
        _code.Set(T0, 0);
        _code.Store(T0, Frame, PackFrame.Next);
        _code.Store(T0, Frame, PackFrame.End);
    }

    /// <summary>
    /// Lines "start-end : System RAM" without indentation; S0 is a line's start, S1 its end, S2 the text's place.
    /// </summary>
    private void ReadLines()
    {
        Label line = _code.NewLabel("line");
        Label rest = _code.NewLabel("rest_of_line");
        Label end = _code.NewLabel("end_of_iomem");
        Label text = _code.NewLabel("line_text");
        Label found = _code.NewLabel("line_found");
        Label shown = _code.NewLabel("addresses_shown");
        Label separate = _code.NewLabel("separate_range");
        _code.Bind(line);
        _code.Call(_nextByte);
        if (_task.LooksAtTree)
        {
            ReadIndented(rest);
        }

        ReadNumber(S0, '-', rest);
        _code.Call(_nextByte);
        ReadNumber(S1, ' ', rest);
        _code.Set(S2, _data.Text(": System RAM\n"));
        _code.Bind(text);
        _code.LoadByte(T0, S2);
        _code.If(T0, Equal, 0, found);
        _code.Call(_nextByte);
        _code.LoadByte(T0, S2);
        _code.Add(S2, 1);
        _code.If(Result, Equal, T0, text);

        _code.Bind(rest);
        _code.If(Result, Equal, '\n', line);
        _code.If(Result, Equal, EndOfFile, end);
        _code.Call(_nextByte);
        _code.Jump(rest);

        // Without CAP_SYS_ADMIN every address is zero.
        _code.Bind(found);
        _code.If(S1, NotEqual, 0, shown);
        _code.Set(S0, _data.Text(IoMemPath));
        _code.Set(Result, -1);
        _code.Jump(_failed);
        _code.Bind(shown);
        _code.Add(S1, 1);
        _code.Load(T0, Frame, PackFrame.RangeEnd);
        _code.If(T0, NotEqual, S0, separate);
        _code.Store(S1, Frame, PackFrame.RangeEnd);
        _code.Jump(line);
        _code.Bind(separate);
        _code.Call(_checkRange);
        _code.Store(S0, Frame, PackFrame.RangeStart);
        _code.Store(S1, Frame, PackFrame.RangeEnd);
        _code.Jump(line);
        _code.Bind(end);
    }

    /// <summary>A hexadecimal number, whose first character is in Result, up to a certain character.</summary>
    private void ReadNumber(PackRegister number, char end, Label otherwise)
    {
        Label next = _code.NewLabel("number");
        Label done = _code.NewLabel("number_done");
        _code.Set(number, 0);
        _code.Bind(next);
        _code.If(Result, Equal, end, done);
        _code.Copy(S3, Result);
        _code.Call(_digit);
        Label digit = _code.NewLabel("is_digit");
        _code.If(Result, Below, 16, digit);
        _code.Copy(Result, S3);
        _code.Jump(otherwise);
        _code.Bind(digit);
        _code.ShiftLeft(number, 4);
        _code.Add(number, Result);
        _code.Call(_nextByte);
        _code.Jump(next);
        _code.Bind(done);
    }

    /// <summary>Result: a character, then the value of the hexadecimal digit, or 16 and more.</summary>
    private void WriteDigit()
    {
        Label letter = _code.NewLabel("letter");
        Label none = _code.NewLabel("no_digit");
        Label done = _code.NewLabel("digit_done");
        _code.Bind(_digit);
        _code.Enter();
        _code.If(Result, Above, '9', letter);
        _code.Subtract(Result, '0');
        _code.Jump(done);
        _code.Bind(letter);
        _code.If(Result, Below, 'a', none);
        _code.Subtract(Result, 'a' - 10);
        _code.Jump(done);
        _code.Bind(none);
        _code.Set(Result, EndOfFile);
        _code.Bind(done);
        _code.Return();
    }

    /// <summary>Compares the range that has been put together, if there is one, with the one that was recorded.</summary>
    private void WriteCheckRange(ulong recordedEnd)
    {
        Label none = _code.NewLabel("no_range");
        Label known = _code.NewLabel("range_known");
        Label differs = _code.NewLabel("range_differs");
        _code.Bind(_checkRange);
        _code.Enter();
        _code.Load(A1, Frame, PackFrame.RangeEnd);
        _code.If(A1, Equal, 0, none);
        _code.Load(A0, Frame, PackFrame.RangeStart);
        _code.Load(A2, Frame, PackFrame.Recorded);
        _code.Set(T0, recordedEnd);
        _code.If(A2, NotEqual, T0, known);
        Begin(PackExit.Unavailable);
        Append("/proc/iomem: System RAM ");
        AppendFound();
        Append(" was not recorded");
        EndOfMismatch();

        _code.Bind(known);
        _code.Load(T0, A2);
        _code.If(T0, NotEqual, A0, differs);
        _code.Load(T0, A2, 8);
        _code.If(T0, NotEqual, A1, differs);
        _code.Add(A2, 16);
        _code.Store(A2, Frame, PackFrame.Recorded);
        _code.Bind(none);
        _code.Return();

        _code.Bind(differs);
        Begin(PackExit.Unavailable);
        Append("/proc/iomem: System RAM ");
        AppendFound();
        Append(", recorded was ");
        AppendRecorded();
        EndOfMismatch();
    }

    private void EndOfMismatch()
    {
        Append(": another machine than this file was made for, or its memory has changed");
        _code.Jump(_tell);
    }

    /// <summary>kexec_load refuses more than half of the memory with a bare EINVAL; pages are compared as it does.</summary>
    private void CheckHalf()
    {
        ulong pages = _task.Places[0].Segments.Aggregate(0UL, (sum, s) => sum + (s.Destination.Length / KexecLimits.PageSize));
        Label unit = _code.NewLabel("memory_unit");
        Label counted = _code.NewLabel("memory_counted");
        Label fits = _code.NewLabel("fits");
        _code.Copy(A0, Frame);
        _code.Add(A0, PackFrame.SysInfo);
        _code.Set(S0, _data.Text("sysinfo"));
        _code.Call(PackSystemCall.SysInfo);
        _code.IfError(_failed);
        _code.Load(T0, Frame, PackFrame.TotalRam);
        _code.Load32(T1, Frame, PackFrame.MemoryUnit);

        // The unit is 1 on 64-bit kernels, and a power of two on any.
        _code.Bind(unit);
        _code.If(T1, Below, 2, counted);
        _code.ShiftLeft(T0, 1);
        _code.ShiftRight(T1, 1);
        _code.Jump(unit);
        _code.Bind(counted);
        _code.ShiftRight(T0, 13);
        _code.Set(T1, pages);
        _code.If(T0, Above, T1, fits);
        _code.If(T0, Equal, T1, fits);
        Begin(PackExit.Unavailable);
        Append("kexec_load: the segments are more than half of the memory that this kernel has");
        _code.Jump(_tell);
        _code.Bind(fits);
    }
}
