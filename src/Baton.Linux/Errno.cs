namespace Baton.Linux;

/// <summary>The error numbers that this program explains; the numbers of x86-64 and arm64 Linux.</summary>
public enum Errno
{
    Success = 0,
    EPERM = 1,
    ENOENT = 2,
    EINTR = 4,
    EIO = 5,
    ENOEXEC = 8,
    EBADF = 9,
    EAGAIN = 11,
    ENOMEM = 12,
    EACCES = 13,
    EFAULT = 14,
    EBUSY = 16,
    ENODEV = 19,
    ENOTDIR = 20,
    EINVAL = 22,
    EFBIG = 27,
    ENOSYS = 38,
    ENOPKG = 65,
    EBADMSG = 74,
    ELIBBAD = 80,
    EMSGSIZE = 90,
    EOPNOTSUPP = 95,
    EADDRNOTAVAIL = 99,
    ENOKEY = 126,
    EKEYREJECTED = 129,
}
