namespace Baton.Linux.Power;

/// <summary>The end of this machine's run, without a next kernel.</summary>
public static class Restart
{
    /// <summary>Restarts the machine through its firmware, at once. Returns only by an exception.</summary>
    /// <exception cref="SystemCallException">The kernel refused.</exception>
    public static unsafe void Now()
    {
        _ = LibC.Reboot(
            LibC.RebootNumber, LibC.RebootMagic1, LibC.RebootMagic2, LibC.RebootCommandRestart, null);
        throw SystemCallException.FromLastError("reboot(LINUX_REBOOT_CMD_RESTART)");
    }
}
