namespace Baton.Linux.Mounts;

/// <summary>The file systems by which the kernel talks to programs. Nobody mounts them for PID 1.</summary>
public static class KernelFileSystems
{
    /// <summary>Whether somebody has mounted <c>/proc</c>: where that is so, the kernel did not start us.</summary>
    public static bool AreThere => Directory.Exists("/proc/self");

    /// <summary>Mounts proc, sysfs and devtmpfs where they are absent.</summary>
    /// <exception cref="SystemCallException">The kernel refused.</exception>
    public static void MountMissing()
    {
        MountUnless("/proc/self", "proc", "/proc");
        MountUnless("/sys/kernel", "sysfs", "/sys");
        MountUnless("/dev/null", "devtmpfs", "/dev");
        Directory.CreateDirectory("/run");
    }

    private static void MountUnless(string sign, string type, string target)
    {
        if (Path.Exists(sign))
        {
            return;
        }

        Directory.CreateDirectory(target);
        if (LibC.Mount(type, target, type, 0, null) != 0)
        {
            throw SystemCallException.FromLastError(
                $"mount({type}, {target})",
                errno => errno == Errno.ENODEV ? $"the kernel was built without {type}" : null);
        }
    }
}
