using System.Runtime.InteropServices;
using Baton.Linux.Kexec;
using Microsoft.Win32.SafeHandles;

namespace Baton.Linux.Power;

/// <summary>The last system call of this kernel.</summary>
public static class Jump
{
    /// <summary>
    /// Jumps to the loaded kernel. Returns only by an exception. Where another process is in the kernel's kexec just then, it
    /// waits for that one, which may have loaded a kernel of its own meanwhile.
    /// </summary>
    /// <param name="again">Done before it is tried again; null for nothing.</param>
    /// <exception cref="SystemCallException">Nothing is loaded, or the kernel refused; the machine goes on running.</exception>
    public static unsafe void Now(Action? again = null)
    {
        _ = KexecLock.Try(
            () => LibC.Reboot(
                LibC.RebootNumber, LibC.RebootMagic1, LibC.RebootMagic2, LibC.RebootCommandKexec, null),
            again: again);
        throw SystemCallException.FromLastError(
            "reboot(LINUX_REBOOT_CMD_KEXEC)",
            errno => errno switch
            {
                Errno.EINVAL => "no kernel is loaded; \"baton load\" first",
                Errno.EPERM => "CAP_SYS_BOOT is missing; run as root",
                Errno.EBUSY => "another kexec is under way",
                _ => null,
            });
    }

    /// <summary>Writes the dirty pages of a file's file system to its disk, its names too, and waits for that.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">It cannot be opened, or its disk fails.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public static void SyncDiskOf(string path)
    {
        using SafeFileHandle file = File.OpenHandle(path);
        if (LibC.SyncFileSystem(file) != 0)
        {
            throw new IOException(Marshal.GetLastPInvokeErrorMessage());
        }
    }

    /// <summary>Writes all dirty pages to their disks and waits for that.</summary>
    public static void SyncDisks() => LibC.Sync();
}
