using System.Runtime.InteropServices;
using Baton.Linux;
using Baton.Linux.Kexec;

namespace Baton.Tests.Linux;

/// <summary>Calls that meet the kernel's lock of kexec.</summary>
public sealed class KexecLockTests
{
    /// <summary>A try that met the lock has been counted, where the kernel counts.</summary>
    [Theory]
    [InlineData(0, null, 1, 0)]
    [InlineData(3, null, 4, 0)]
    [InlineData(3, 9, 4, 0)]
    [InlineData(3, 3, 2, -1)]
    [InlineData(1, 2, 1, -1)]
    [InlineData(1, 3, 2, 0)]
    public void A_call_is_made_again_as_long_as_enough_are_left(int busy, int? left, int calls, int result)
    {
        int made = 0;
        nint found = KexecLock.Try(
            () =>
            {
                made++;
                left--;
                Marshal.SetLastPInvokeError((int)Errno.EBUSY);
                return made > busy ? 0 : -1;
            },
            demand: 2,
            () =>
            {
                // To ask is a call of its own.
                Marshal.SetLastPInvokeError((int)Errno.ENOENT);
                return left;
            });
        Assert.Equal((calls, result), (made, (int)found));
        Assert.Equal(Errno.EBUSY, (Errno)Marshal.GetLastPInvokeError());
    }

    [Fact]
    public void What_is_not_counted_is_made_again_without_asking()
    {
        int made = 0;
        nint found = KexecLock.Try(() =>
        {
            Marshal.SetLastPInvokeError((int)Errno.EBUSY);
            return made++ < 2 ? -1 : 0;
        });
        Assert.Equal((3, 0), (made, (int)found));
    }

    /// <summary>Whoever had the lock may have loaded something.</summary>
    [Fact]
    public void Before_each_further_call_is_done_what_must_be()
    {
        string done = "";
        KexecLock.Try(
            () =>
            {
                done += "call ";
                Marshal.SetLastPInvokeError((int)Errno.EBUSY);
                return done.Length < 20 ? -1 : 0;
            },
            again: () => done += "again ");
        Assert.Equal("call again call again call ", done);
    }

    [Fact]
    public void Another_refusal_is_taken_at_once()
    {
        int made = 0;
        nint found = KexecLock.Try(() =>
        {
            made++;
            Marshal.SetLastPInvokeError((int)Errno.EPERM);
            return -1;
        });
        Assert.Equal((1, -1), (made, (int)found));
    }
}
