namespace Baton.Protocols.Linux;

/// <summary>
/// The file system that a kernel unpacks its initramfs into (Linux, Documentation/filesystems/ramfs-rootfs-initramfs.rst; the
/// choice is that of init_rootfs in init/do_mounts.c).
/// </summary>
public static class InitialRootfs
{
    /// <summary>
    /// Whether it is a tmpfs, which holds half of memory at most: where the line has neither root= nor rootfstype=, or names
    /// tmpfs in the latter. Else it is a ramfs, which nothing holds back. A kernel without CONFIG_TMPFS has no choice.
    /// </summary>
    /// <param name="commandLine">The kernel's.</param>
    public static bool IsTmpfs(string commandLine) => CommandLine.ValueOf(commandLine, "rootfstype") is { } types
        ? types.Contains("tmpfs", StringComparison.Ordinal)
        : string.IsNullOrEmpty(CommandLine.ValueOf(commandLine, "root"));
}
