using System.Runtime.InteropServices;

namespace Baton.Linux;

internal static unsafe partial class LibC
{
    /// <summary>The number of userfaultfd(2) on x86-64; 282 on arm64.</summary>
    public static readonly nint UserFaultNumber =
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 282 : 323;

    public const int OCloExec = 0x80000;

    /// <summary>Without it poll(2) answers only POLLERR for a userfaultfd.</summary>
    public const int ONonBlock = 0x800;

    /// <summary>UFFD_API, the version that the kernel is asked for.</summary>
    public const ulong UserFaultApi = 0xaa;

    /// <summary>UFFDIO_WAKE: whoever waits for these pages looks again.</summary>
    public const nuint UserFaultWakeRequest = 0x8010aa02;

    /// <summary>UFFDIO_API, UFFDIO_REGISTER and UFFDIO_COPY of &lt;linux/userfaultfd.h&gt;.</summary>
    public const nuint UserFaultApiRequest = 0xc018aa3f;
    public const nuint UserFaultRegisterRequest = 0xc020aa00;
    public const nuint UserFaultCopyRequest = 0xc028aa03;

    /// <summary>UFFDIO_REGISTER_MODE_MISSING.</summary>
    public const ulong UserFaultMissing = 1;

    /// <summary>The pages are not needed any more.</summary>
    public const int MadvDontNeed = 4;

    /// <summary>Use no huge pages for these addresses.</summary>
    public const int MadvNoHugePage = 15;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial nint UserFault(nint number, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int IoControl(int file, nuint request, void* argument);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int file, void* buffer, nuint length);
}
