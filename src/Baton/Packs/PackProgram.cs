using Baton.Trampolines;
using static Baton.Packs.PackComparison;
using static Baton.Packs.PackRegister;

namespace Baton.Packs;

/// <summary>
/// The program of a packed handoff: is this the machine, load, write out, jump. It is written once, for every
/// architecture that <see cref="PackCode"/> knows.
/// </summary>
internal sealed partial class PackProgram
{
    private const int AtFdCwd = -100;

    /// <summary>O_RDWR | O_NOCTTY, O_RDONLY.</summary>
    private const int ReadWriteNoTerminal = 0x102;
    private const int ReadOnly = 0;

    /// <summary>LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2 and commands of reboot(2).</summary>
    private const uint RebootMagic1 = 0xfee1_dead;
    private const uint RebootMagic2 = 672274793;
    private const uint RebootKexec = 0x4558_4543;
    private const uint RebootPowerOff = 0x4321_fedc;

    private readonly PackCode _code;
    private readonly PackData _data;
    private readonly PackTask _task;
    private readonly Label _failed;

    private PackProgram(PackCode code, PackData data, PackTask task)
    {
        _code = code;
        _data = data;
        _task = task;
        _failed = code.NewLabel("failed");
        _tell = code.NewLabel("tell");
        _append = code.NewLabel("append");
        _appendNumber = code.NewLabel("append_number");
        _appendRange = code.NewLabel("append_range");
        _nextByte = code.NewLabel("next_byte");
        _digit = code.NewLabel("digit");
        _checkRange = code.NewLabel("check_range");
        _block = code.NewLabel("block");
        _bigEndian = code.NewLabel("big_endian");
    }

    /// <summary>Writes the program; its first instruction is the entry.</summary>
    /// <param name="code">Where to.</param>
    /// <param name="data">Where its texts and tables go.</param>
    /// <param name="task">What it is to do.</param>
    public static void Write(PackCode code, PackData data, PackTask task)
    {
        PackProgram program = new(code, data, task);
        program.WriteStart();
        program.WriteMemoryCheck();
        if (task.LooksAtTree)
        {
            program.WriteBootTree();
        }

        if (task.SystemTableEntry is { } entry)
        {
            program.WriteBootSystab(entry);
        }

        if (task.LooksAtLog)
        {
            program.WriteBootLog();
        }

        if (task.LooksAtBoot)
        {
            program.WritePlaceTable();
        }

        program.WriteLoadAndJump();
        program.WriteFailures();
        program.WriteReader();
        program.WriteText();
    }

    private void WriteStart()
    {
        Label arguments = _code.NewLabel("arguments");
        Label usage = _code.NewLabel("usage");
        Label check = _code.NewLabel("check");
        _code.Begin(PackFrame.Size);
        _code.Set(T0, 0);
        _code.Store(T0, Frame, PackFrame.LoadsOnly);
        _code.Store(T0, Frame, PackFrame.IsInit);
        _code.Set(T0, 2);
        _code.Store(T0, Frame, PackFrame.ErrorFile);
        _code.Call(PackSystemCall.GetPid);
        _code.If(Result, NotEqual, 1, arguments);
        _code.Store(Result, Frame, PackFrame.IsInit);
        WriteConsole();
        _code.Jump(check);

        // The kernel gives PID 1 whatever words of the command line it does not know: they are not for this program.
        _code.Bind(arguments);
        _code.Load(T0, S0);
        _code.If(T0, Below, 2, check);
        _code.If(T0, NotEqual, 2, usage);
        _code.Load(T1, S0, 16);
        foreach ((int i, char letter) in "-l\0".Index())
        {
            _code.LoadByte(T0, T1, i);
            _code.If(T0, NotEqual, letter, usage);
        }

        _code.Set(T0, 1);
        _code.Store(T0, Frame, PackFrame.LoadsOnly);
        _code.Jump(check);

        _code.Bind(usage);
        Begin(PackExit.Usage);
        Append("usage: handoff [-l]");
        _code.Jump(_tell);
        _code.Bind(check);
    }

    /// <summary>
    /// PID 1 of an initramfs has no standard streams when there is no /dev/console in it: then the node is made, in a
    /// devtmpfs where one can be mounted, else right there.
    /// </summary>
    private void WriteConsole()
    {
        ulong console = _data.Text("/dev/console");
        Label opened = _code.NewLabel("console_opened");
        Label given = _code.NewLabel("console_given");
        WriteOpen(console, ReadWriteNoTerminal);
        _code.If(Result, Below, -4095, opened);
        _code.Call(PackSystemCall.MakeDirectoryAt, unchecked((ulong)AtFdCwd), _data.Text("/dev"), 0x1ed);
        WriteMount("devtmpfs", "/dev");
        WriteOpen(console, ReadWriteNoTerminal);
        _code.If(Result, Below, -4095, opened);
        const uint CharacterDevice = 0x2000 | 0x180;
        const uint ConsoleDevice = (5 << 8) | 1;
        _code.Call(PackSystemCall.MakeNodeAt, unchecked((ulong)AtFdCwd), console, CharacterDevice, ConsoleDevice);
        WriteOpen(console, ReadWriteNoTerminal);
        _code.IfError(given);
        _code.Bind(opened);
        _code.Store(Result, Frame, PackFrame.ErrorFile);
        _code.Bind(given);
    }

    private void WriteLoadAndJump()
    {
        Label jump = _code.NewLabel("jump");
        Label load = _code.NewLabel("load");
        if (_task.LooksAtBoot)
        {
            WriteChoice(load);
        }
        else
        {
            _code.Set(A0, _task.Places[0].Entry.Value);
            _code.Set(A2, TableOf(_task.Places[0]));
        }

        _code.Bind(load);
        _code.Set(A1, (ulong)_task.Places[0].Segments.Count);
        _code.Set(A3, 0);
        CallOrFail("kexec_load", PackSystemCall.KexecLoad);
        _code.Load(T0, Frame, PackFrame.LoadsOnly);
        _code.If(T0, Equal, 0, jump);
        _code.Call(PackSystemCall.ExitGroup, 0UL);

        _code.Bind(jump);
        _code.Call(PackSystemCall.Sync);
        _code.Call(PackSystemCall.Reboot, RebootMagic1, RebootMagic2, RebootKexec, 0);
        _code.Set(S0, _data.Text("reboot"));
        _code.Jump(_failed);
    }

    /// <summary>A0 and A2: the entry and the segments of the first place that nothing is in the way of.</summary>
    private void WriteChoice(Label chosen)
    {
        ulong[] tables = [.. _task.Places.Select(TableOf)];
        ulong places = _data.Table(_task.Places.Index().SelectMany(place => (ulong[])
            [place.Item.Entry.Value, tables[place.Index]]));
        ulong end = _data.End;
        Label next = _code.NewLabel("place");
        Label none = _code.NewLabel("no_place");
        _code.Set(A1, places);
        _code.Copy(A3, Frame);
        _code.Bind(next);
        _code.Set(T0, end);
        _code.If(A1, Equal, T0, none);
        _code.Load(A0, A1);
        _code.Load(A2, A1, 8);
        _code.Load(T0, A3, PackFrame.InTheWay);
        _code.If(T0, Equal, 0, chosen);
        _code.Add(A1, 16);
        _code.Add(A3, 8);
        _code.Jump(next);
        _code.Bind(none);
        WriteNoPlace();
    }

    private ulong TableOf(PackedPlace place) => _data.Table(place.Segments.SelectMany(segment => (ulong[])
        [segment.Buffer, segment.Length, segment.Destination.Start.Value, segment.Destination.Length]));

    /// <summary>Calls the kernel; an errno ends the program with the call's name.</summary>
    private void CallOrFail(string name, PackSystemCall call, params ReadOnlySpan<ulong> arguments)
    {
        _code.Set(S0, _data.Text(name));
        _code.Call(call, arguments);
        _code.IfError(_failed);
    }

    private void WriteOpen(ulong path, int flags) =>
        _code.Call(PackSystemCall.OpenAt, unchecked((ulong)AtFdCwd), path, (ulong)flags, 0);

    private void WriteMount(string type, string path) =>
        _code.Call(PackSystemCall.Mount, _data.Text(type), _data.Text(path), _data.Text(type), 0, 0);
}
