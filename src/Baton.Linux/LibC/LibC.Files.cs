using System.Runtime.InteropServices;

namespace Baton.Linux;

internal static unsafe partial class LibC
{
    public const int FGetFl = 3;
    public const int FSetFl = 4;
    public const int FSetSig = 10;
    public const int FSetLease = 1024;
    public const int FRdLock = 0;
    public const int FUnlock = 2;

    /// <summary>A signal whose default is to be ignored.</summary>
    public const int SigUrg = 23;

    /// <summary>O_DIRECT; the architectures differ.</summary>
    public static int ODirect => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x1_0000 : 0x4000;

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int Fcntl(int file, int command, int argument);
}
