using System.Runtime.InteropServices;

namespace Baton.Linux;

internal static unsafe partial class LibC
{
    /// <summary>The numbers are the same on every architecture.</summary>
    public const nint IoUringSetupNumber = 425;
    public const nint IoUringRegisterNumber = 427;

    /// <summary>IORING_REGISTER_BUFFERS: the kernel pins the pages, for as long as the ring lives.</summary>
    public const nint IoUringRegisterBuffers = 0;

    /// <summary>IORING_UNREGISTER_BUFFERS.</summary>
    public const nint IoUringUnregisterBuffers = 1;

    /// <summary>Bytes of struct io_uring_params of &lt;linux/io_uring.h&gt;.</summary>
    public const int IoUringParamsSize = 120;

    /// <summary>MAP_HUGETLB with MAP_HUGE_2MB: huge pages of 2 MiB, whatever the usual size is.</summary>
    public const int MapHugeTlb = 0x40000 | (21 << 26);

    /// <summary>Use huge pages for these addresses.</summary>
    public const int MadvHugePage = 14;

    /// <summary>Put pages behind these addresses, ready to be read (Linux 5.14).</summary>
    public const int MadvPopulateRead = 22;

    /// <summary>Put pages behind these addresses, ready to be written (Linux 5.14).</summary>
    public const int MadvPopulateWrite = 23;

    /// <summary>MLOCK_ONFAULT: what has been touched, and what will be.</summary>
    public const int MLockOnFault = 1;

    /// <summary>What is read from a mapped file is that page and no others.</summary>
    public const int MadvRandom = 1;

    /// <summary>Take these pages back now (Linux 5.4).</summary>
    public const int MadvPageOut = 21;

    /// <summary>POSIX_FADV_DONTNEED: the pages of the file will not be read again.</summary>
    public const int FAdviseDontNeed = 4;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial nint IoUringSetup(nint number, uint entries, void* parameters);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial nint IoUringRegister(nint number, nint ring, nint opcode, IoVec* buffers, nint count);

    [LibraryImport("libc", EntryPoint = "mlock", SetLastError = true)]
    public static partial int MLock(void* address, nuint length);

    [LibraryImport("libc", EntryPoint = "mlock2", SetLastError = true)]
    public static partial int MLock2(void* address, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "munlock", SetLastError = true)]
    public static partial int MUnlock(void* address, nuint length);

    [LibraryImport("libc", EntryPoint = "posix_fadvise", SetLastError = true)]
    public static partial int PosixFAdvise(int file, nint offset, nint length, int advice);
}

/// <summary>struct iovec.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoVec
{
    public void* Base;
    public nuint Length;
}
