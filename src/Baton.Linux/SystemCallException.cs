using System.Runtime.InteropServices;

namespace Baton.Linux;

/// <summary>A system call that failed, in the form of strace, with the cause behind the number where known.</summary>
public sealed class SystemCallException(string call, Errno errno, string? cause = null)
    : Exception(Describe(call, errno, cause))
{
    /// <summary>The call with its arguments, sizes in bytes.</summary>
    public string Call { get; } = call;

    public Errno Errno { get; } = errno;

    /// <summary>What that number means for this call, and what to do; null when nothing more is known.</summary>
    public string? Cause { get; } = cause;

    /// <summary>The exception for the call that has just failed on this thread.</summary>
    internal static SystemCallException FromLastError(string call, Func<Errno, string?>? explain = null)
    {
        Errno errno = (Errno)Marshal.GetLastPInvokeError();
        return new SystemCallException(call, errno, explain?.Invoke(errno));
    }

    private static string Describe(string call, Errno errno, string? cause)
    {
        string text = $"{call} = -1 {errno} ({Marshal.GetPInvokeErrorMessage((int)errno)})";
        return cause is null ? text : $"{text}: {cause}";
    }
}
