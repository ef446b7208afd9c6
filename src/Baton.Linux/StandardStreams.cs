using System.Runtime.InteropServices;

namespace Baton.Linux;

/// <summary>Standard input, output and error, as the parent of this process left them.</summary>
public static class StandardStreams
{
    /// <summary>
    /// Opens the ones that are closed, so that no file that is opened later gets their numbers and is taken for them. They can be
    /// neither read nor written: using one fails as if it were closed.
    /// </summary>
    public static void Occupy()
    {
        for (int stream = 0; stream <= 2; stream++)
        {
            if (LibC.Fcntl(stream, LibC.FGetFd, 0) < 0 && (Errno)Marshal.GetLastPInvokeError() == Errno.EBADF)
            {
                // The lowest free number is given, so that it is this one.
                _ = LibC.Open("/dev/null", stream == 0 ? LibC.OWrOnly : LibC.ORdOnly);
            }
        }
    }
}
