using System.Runtime.InteropServices;

namespace Baton.Linux;

/// <summary>Raw libc entry points. Declarations only: no policy, no error handling.</summary>
internal static partial class LibC
{
    /// <summary>kexec_load(2) with plain numbers; glibc has no wrapper, so through syscall(2).</summary>
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint ProbeKexecLoad(
        nint number, nuint entry, nuint segmentCount, nint segments, nuint flags);

    /// <summary>kexec_file_load(2) with file descriptors as plain numbers.</summary>
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint ProbeKexecFileLoad(
        nint number, nint kernel, nint initrd, nuint commandLineLength, nint commandLine, nuint flags);
}
