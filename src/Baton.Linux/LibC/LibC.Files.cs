using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Baton.Linux;

internal static unsafe partial class LibC
{
    public const int ORdOnly = 0;
    public const int OWrOnly = 1;

    public const int FGetFd = 1;
    public const int FGetFl = 3;
    public const int FSetFl = 4;
    public const int FSetSig = 10;
    public const int FSetLease = 1024;
    public const int FGetLease = 1025;
    public const int FRdLock = 0;
    public const int FUnlock = 2;

    /// <summary>A signal whose default is to be ignored.</summary>
    public const int SigUrg = 23;

    /// <summary>O_DIRECT; the architectures differ.</summary>
    public static int ODirect => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x1_0000 : 0x4000;

    /// <summary>AT_EMPTY_PATH: the open file itself.</summary>
    public const int AtEmptyPath = 0x1000;

    /// <summary>AT_FDCWD: paths begin at the current directory.</summary>
    public const int AtCurrentDirectory = -100;

    /// <summary>AT_SYMLINK_NOFOLLOW: a link itself, not what it leads to.</summary>
    public const int AtSymlinkNoFollow = 0x100;

    /// <summary>STATX_TYPE.</summary>
    public const uint StatxType = 1;

    /// <summary>STATX_INO.</summary>
    public const uint StatxInode = 0x100;

    /// <summary>More than struct statfs takes on any architecture; its first word is the file system's number.</summary>
    private const int StatFsWords = 32;

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int Fcntl(int file, int command, int argument);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int StatX(int directory, string path, int flags, uint mask, void* found);

    /// <summary>The number of a file's file system, of &lt;linux/magic.h&gt;; 0 where the kernel does not tell.</summary>
    public static long FileSystemOf(SafeFileHandle file)
    {
        long* found = stackalloc long[StatFsWords];
        return FStatFs((int)file.DangerousGetHandle(), found) == 0 ? found[0] : 0;
    }

    [LibraryImport("libc", EntryPoint = "fstatfs", SetLastError = true)]
    private static partial int FStatFs(int file, void* found);
}
