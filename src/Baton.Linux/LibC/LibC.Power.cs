using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Baton.Linux;

internal static unsafe partial class LibC
{
    public const int RebootMagic1 = unchecked((int)0xfee1dead);
    public const int RebootMagic2 = 672274793;

    /// <summary>LINUX_REBOOT_CMD_KEXEC: jump to the loaded kernel.</summary>
    public const int RebootCommandKexec = 0x45584543;

    /// <summary>LINUX_REBOOT_CMD_RESTART: an ordinary reboot.</summary>
    public const int RebootCommandRestart = 0x01234567;

    /// <summary>LINUX_REBOOT_CMD_POWER_OFF.</summary>
    public const int RebootCommandPowerOff = 0x4321fedc;

    /// <summary>The number of reboot(2) on x86-64; 142 on arm64. The libc wrapper hides the magic numbers.</summary>
    public static readonly nint RebootNumber =
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 142 : 169;

    public const ulong MsRdOnly = 1;
    public const ulong MsRemount = 32;

    /// <summary>At least the bytes of a struct sigaction: it has 152 with glibc and with musl, on x86-64 and arm64.</summary>
    public const int SignalActionSize = 256;

    /// <summary>SIG_IGN.</summary>
    public const long IgnoreSignal = 1;

    public const int SigTerm = 15;
    public const int SigKill = 9;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial nint Reboot(nint number, int magic1, int magic2, int command, void* argument);

    [LibraryImport("libc", EntryPoint = "sync")]
    public static partial void Sync();

    /// <summary>syncfs(2).</summary>
    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    public static partial int SyncFileSystem(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "sigaction", SetLastError = true)]
    public static partial int SignalAction(int signal, byte[] action, byte[]? before);

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Mount(string? source, string target, string? type, nuint flags, string? data);
}
