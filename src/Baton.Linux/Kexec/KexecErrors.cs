namespace Baton.Linux.Kexec;

/// <summary>What the kernel means by its error numbers, for the two kexec calls (kexec(2), kernel/kexec*.c).</summary>
internal static class KexecErrors
{
    public static string? ExplainLoad(Errno errno) => errno switch
    {
        Errno.EPERM => "the kernel does not allow it: CAP_SYS_BOOT is missing, kernel.kexec_load_disabled is 1, "
            + "kernel.kexec_load_limit_reboot is 0, or the kernel is locked down (\"baton machine\" says which)",
        Errno.EINVAL => "a segment is not page-aligned, more than 16 segments, more than half of RAM, or a destination "
            + "that the kernel does not take",
        Errno.EADDRNOTAVAIL => "a destination lies outside the memory that this kernel can copy to",
        Errno.EFAULT => "a file became shorter while the kernel was copying it; nothing has changed, try again",
        Errno.EBUSY => "another kexec_load is under way, or the machine is about to jump",
        Errno.ENOMEM => "the kernel found no memory for a second copy of the image",
        Errno.ENOSYS => "this kernel is built without CONFIG_KEXEC",
        _ => null,
    };

    public static string? ExplainFileLoad(Errno errno) => errno switch
    {
        Errno.EPERM => "the kernel does not allow it: CAP_SYS_BOOT is missing, kernel.kexec_load_disabled is 1, "
            + "kernel.kexec_load_limit_reboot is 0, or the kernel is locked down and the image is not signed "
            + "(\"baton machine\" says which)",
        Errno.EACCES => "a security module (IMA) refuses the image; the kernel log says why",
        Errno.ENOEXEC => "the running kernel does not know this image format or does not take this kernel",
        Errno.EINVAL => "the running kernel refuses the command line or the image",
        Errno.EKEYREJECTED => "the image's signature was made with a key that the kernel does not trust",
        Errno.ENOKEY => "the key of the image's signature is not on the kernel's keyrings",
        Errno.ENOPKG => "the image's signature uses an algorithm that this kernel does not have",
        Errno.ELIBBAD or Errno.EBADMSG => "the image's signature is damaged",
        Errno.EADDRNOTAVAIL => "the kernel found no place for the image",
        Errno.EFBIG => "a file is larger than the kernel reads",
        Errno.EBUSY => "another kexec_file_load is under way, or the machine is about to jump",
        Errno.ENOMEM => "the kernel found no memory to read the files into",
        Errno.ENOSYS => "this kernel is built without CONFIG_KEXEC_FILE",
        _ => null,
    };
}
