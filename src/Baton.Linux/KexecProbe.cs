using System.Runtime.InteropServices;
using Baton.Machines;

namespace Baton.Linux;

/// <summary>
/// Asks the kernel whether it would take a kexec call, with calls that can never load anything. The kernel checks
/// permission (capability, kexec_load_disabled, security modules, lockdown) first and the arguments afterwards.
/// </summary>
public static class KexecProbe
{
    /// <summary>One more than KEXEC_SEGMENT_MAX.</summary>
    private const int TooManySegments = 17;

    /// <summary>Makes the two calls; null on a processor whose call numbers are not known here.</summary>
    /// <remarks>
    /// Each call counts against kexec_load_limit_reboot, which is therefore to be looked at first: see
    /// <see cref="LiveMachine"/>.
    /// </remarks>
    public static KexecProbeResult? Run()
    {
        (nint Load, nint FileLoad)? numbers = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => (246, 320),
            Architecture.Arm64 => (104, 294),
            _ => null,
        };
        if (numbers is not { } number)
        {
            return null;
        }

        int load = LibC.ProbeKexecLoad(number.Load, 0, TooManySegments, 0, 0) < 0
            ? Marshal.GetLastPInvokeError()
            : 0;
        int fileLoad = LibC.ProbeKexecFileLoad(number.FileLoad, -1, -1, 0, 0, 0) < 0
            ? Marshal.GetLastPInvokeError()
            : 0;
        return new KexecProbeResult(load, fileLoad);
    }
}
