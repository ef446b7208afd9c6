namespace Baton.Packs;

/// <summary>
/// The names of error numbers, which are the same on x86-64 and arm64 (errno(3)): those that the calls of a packed program
/// answer. Another number is told as a number.
/// </summary>
internal static class ErrorNames
{
    private const string FirstNames =
        "EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT ENOTBLK EBUSY EEXIST "
        + "EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM "
        + "ERANGE EDEADLK ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP";

    /// <summary>The names by their numbers.</summary>
    public static IReadOnlyDictionary<int, string> All { get; } = FirstNames.Split(' ').Index()
        .Select(entry => (entry.Index + 1, entry.Item))
        .Concat([(75, "EOVERFLOW"), (95, "EOPNOTSUPP"), (99, "EADDRNOTAVAIL")])
        .ToDictionary(entry => entry.Item1, entry => entry.Item2);

    /// <summary>The number of a name.</summary>
    public static ulong NumberOf(string name) => (ulong)All.First(entry => entry.Value == name).Key;
}
