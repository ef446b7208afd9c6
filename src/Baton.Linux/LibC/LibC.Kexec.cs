using System.Runtime.InteropServices;

namespace Baton.Linux;

/// <summary>Raw system calls. Declarations only: no policy, no error handling.</summary>
internal static unsafe partial class LibC
{
    /// <summary>The number of kexec_load(2) on x86-64; 104 on arm64.</summary>
    public static readonly nint KexecLoadNumber =
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 104 : 246;

    /// <summary>The number of kexec_file_load(2) on x86-64; 294 on arm64.</summary>
    public static readonly nint KexecFileLoadNumber =
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 294 : 320;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial nint KexecLoad(
        nint number, nuint entry, nuint segmentCount, KexecSegment* segments, nuint flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial nint KexecFileLoad(
        nint number, nint kernel, nint initrd, nuint commandLineLength, byte* commandLine, nuint flags);
}
