using System.Runtime.InteropServices;

namespace Baton.Linux.Kexec;

/// <summary>
/// The lock that the kernel has for all of kexec: whoever does not get it at once is refused with EBUSY. Whoever has it, another
/// process that only asks what is allowed for instance, has it for a moment.
/// </summary>
internal static class KexecLock
{
    private const int Tries = 200;
    private const int MillisecondsBetween = 5;
    private const int MillisecondsWhereCounted = 250;

    /// <summary>
    /// Makes a call, again as long as the lock is taken, for about a second; or, where the kernel counts, as often as it may be.
    /// </summary>
    /// <param name="call">The call; -1 and errno when it fails.</param>
    /// <param name="demand">
    /// How many calls the kernel must take yet where it counts them: a try counts, whatever comes of it. None where the call is
    /// not counted.
    /// </param>
    /// <param name="left">Tells how many it takes; null for the kernel's own word, tests have theirs.</param>
    /// <param name="again">Done before the call is made again; null for nothing.</param>
    /// <returns>What the last one returned; errno is its own.</returns>
    public static nint Try(Func<nint> call, int demand = 0, Func<int?>? left = null, Action? again = null)
    {
        for (int tries = Tries; ; tries--)
        {
            nint result = call();
            if (result >= 0 || tries == 0 || Marshal.GetLastPInvokeError() != (int)Errno.EBUSY)
            {
                return result;
            }

            int? calls = demand > 0 ? (left ?? CallLimit.Read)() : null;
            if (calls < demand)
            {
                Marshal.SetLastPInvokeError((int)Errno.EBUSY);
                return result;
            }

            Thread.Sleep(calls is null ? MillisecondsBetween : MillisecondsWhereCounted);
            again?.Invoke();
        }
    }
}
