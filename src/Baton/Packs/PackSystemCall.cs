namespace Baton.Packs;

/// <summary>The system calls of a packed program; all of them exist on every 64-bit Linux.</summary>
internal enum PackSystemCall
{
    Read,
    Write,
    OpenAt,
    MakeDirectoryAt,
    MakeNodeAt,
    Mount,
    NanoSleep,
    GetPid,
    SysLog,
    SysInfo,
    Sync,
    Reboot,
    KexecLoad,
    ExitGroup,
}

/// <summary>Their numbers: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.</summary>
internal static class PackSystemCallNumbers
{
    public static uint OnX64(this PackSystemCall call) => call switch
    {
        PackSystemCall.Read => 0,
        PackSystemCall.Write => 1,
        PackSystemCall.NanoSleep => 35,
        PackSystemCall.GetPid => 39,
        PackSystemCall.SysInfo => 99,
        PackSystemCall.SysLog => 103,
        PackSystemCall.Sync => 162,
        PackSystemCall.Mount => 165,
        PackSystemCall.Reboot => 169,
        PackSystemCall.ExitGroup => 231,
        PackSystemCall.KexecLoad => 246,
        PackSystemCall.OpenAt => 257,
        PackSystemCall.MakeDirectoryAt => 258,
        PackSystemCall.MakeNodeAt => 259,
        _ => throw new ArgumentOutOfRangeException(nameof(call), call, "no such call"),
    };

    public static uint OnArm64(this PackSystemCall call) => call switch
    {
        PackSystemCall.MakeNodeAt => 33,
        PackSystemCall.MakeDirectoryAt => 34,
        PackSystemCall.Mount => 40,
        PackSystemCall.OpenAt => 56,
        PackSystemCall.Read => 63,
        PackSystemCall.Write => 64,
        PackSystemCall.Sync => 81,
        PackSystemCall.ExitGroup => 94,
        PackSystemCall.NanoSleep => 101,
        PackSystemCall.KexecLoad => 104,
        PackSystemCall.SysLog => 116,
        PackSystemCall.Reboot => 142,
        PackSystemCall.GetPid => 172,
        PackSystemCall.SysInfo => 179,
        _ => throw new ArgumentOutOfRangeException(nameof(call), call, "no such call"),
    };
}
