using Baton.Trampolines;
using static Baton.Packs.PackComparison;
using static Baton.Packs.PackRegister;

namespace Baton.Packs;

/// <content>How a failure is told: one line that names the call and the errno, and what comes then.</content>
internal sealed partial class PackProgram
{
    private const ulong SecondsToRead = 10;

    /// <summary>What an errno means where a call answers it, for those calls whose errnos need words.</summary>
    private static readonly (string Call, string Errno, string Meaning)[] Meanings =
    [
        (IoMemPath, "EPERM", "the kernel shows no addresses: run as root"),
        ("mount /proc", "EPERM", "run as root"),
        ("kexec_load", "EPERM",
            "CAP_SYS_BOOT is missing, kernel.kexec_load_disabled is 1, or the kernel is locked down"),
        ("kexec_load", "EINVAL", "this kernel refuses a segment"),
        ("kexec_load", "EADDRNOTAVAIL", "a segment lies outside of what this kernel can copy to"),
        ("kexec_load", "EBUSY", "another kexec_load is under way"),
        ("kexec_load", "ENOMEM", "no memory for a second copy of the segments"),
        ("kexec_load", "ENOSYS", "this kernel is built without CONFIG_KEXEC"),
        ("kexec_load", "EFAULT", "this file became shorter while it was read"),
        ("reboot", "EINVAL", "nothing is loaded, or this is a container"),
    ];

    private readonly Label _tell;

    /// <summary>
    /// <see cref="_failed"/>: the call whose name is at S0 has answered Result. <see cref="_tell"/>: the line at S2 is
    /// complete but for its end.
    /// </summary>
    private void WriteFailures()
    {
        _code.Bind(_failed);
        _code.Set(S1, 0);
        _code.Subtract(S1, Result);
        Begin(PackExit.SystemCall);
        _code.Copy(S3, S0);
        _code.Call(_append);
        Append(": ");
        AppendErrorName();
        AppendMeaning();

        _code.Bind(_tell);
        Append("\n");
        _code.Load(A0, Frame, PackFrame.ErrorFile);
        LineAddress(A1);
        _code.Copy(A2, S2);
        _code.Subtract(A2, A1);
        _code.Call(PackSystemCall.Write);
        Label stop = _code.NewLabel("stop");
        _code.Load(T0, Frame, PackFrame.IsInit);
        _code.If(T0, NotEqual, 0, stop);
        _code.Load(A0, Frame, PackFrame.Status);
        _code.Call(PackSystemCall.ExitGroup);
        _code.Bind(stop);
        WriteStop();
    }

    /// <summary>Begins the line, with S2 behind its first word.</summary>
    private void Begin(int status)
    {
        _code.Set(T0, status);
        _code.Store(T0, Frame, PackFrame.Status);
        LineAddress(S2);
        Append("handoff: ");
    }

    private void LineAddress(PackRegister to)
    {
        _code.Copy(to, Frame);
        _code.Add(to, PackFrame.Line);
    }

    /// <summary>The name of the errno S1, looked up among names with their numbers in front.</summary>
    private void AppendErrorName()
    {
        ulong first = _data.Text(string.Concat(ErrorNames.All.Select(entry => $"{(char)entry.Key}{entry.Value}\0")));
        Label next = _code.NewLabel("name_next");
        Label letter = _code.NewLabel("name_letter");
        Label found = _code.NewLabel("name_found");
        Label unknown = _code.NewLabel("name_unknown");
        Label done = _code.NewLabel("name_done");
        _code.Set(S3, first);
        _code.Bind(next);
        _code.LoadByte(T0, S3);
        _code.Add(S3, 1);
        _code.If(T0, Equal, S1, found);
        _code.If(T0, Equal, 0, unknown);
        _code.Bind(letter);
        _code.LoadByte(T0, S3);
        _code.Add(S3, 1);
        _code.If(T0, NotEqual, 0, letter);
        _code.Jump(next);
        _code.Bind(unknown);
        Append("errno ");
        _code.Copy(S3, S1);
        _code.Call(_appendNumber);
        _code.Jump(done);
        _code.Bind(found);
        _code.Call(_append);
        _code.Bind(done);
    }

    /// <summary>Looks the call S0 and the errno S1 up in the table of meanings.</summary>
    private void AppendMeaning()
    {
        ulong table = _data.Table(
        [
            .. Meanings.SelectMany(entry => (ulong[])
                [_data.Text(entry.Call), ErrorNames.NumberOf(entry.Errno), _data.Text(entry.Meaning)]),
            0,
        ]);
        Label next = _code.NewLabel("meaning_next");
        Label other = _code.NewLabel("meaning_other");
        Label done = _code.NewLabel("meaning_done");
        _code.Set(A0, table);
        _code.Bind(next);
        _code.Load(T0, A0);
        _code.If(T0, Equal, 0, done);
        _code.If(T0, NotEqual, S0, other);
        _code.Load(T0, A0, 8);
        _code.If(T0, NotEqual, S1, other);
        _code.Load(S0, A0, 16);
        Append(" (");
        _code.Copy(S3, S0);
        _code.Call(_append);
        Append(")");
        _code.Jump(done);
        _code.Bind(other);
        _code.Add(A0, 24);
        _code.Jump(next);
        _code.Bind(done);
    }

    /// <summary>PID 1 must not end: the kernel's panic would push the line off the screen.</summary>
    private void WriteStop()
    {
        WriteSleep();
        _code.Call(PackSystemCall.Sync);
        _code.Call(PackSystemCall.Reboot, RebootMagic1, RebootMagic2, RebootPowerOff, 0);
        Label forever = _code.NewLabel("forever");
        _code.Bind(forever);
        WriteSleep();
        _code.Jump(forever);
    }

    private void WriteSleep()
    {
        _code.Set(T0, SecondsToRead);
        _code.Store(T0, Frame, PackFrame.Time);
        _code.Set(T0, 0);
        _code.Store(T0, Frame, PackFrame.Time + 8);
        _code.Copy(A0, Frame);
        _code.Add(A0, PackFrame.Time);
        _code.Set(A1, 0);
        _code.Call(PackSystemCall.NanoSleep);
    }
}
