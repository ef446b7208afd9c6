using System.Globalization;
using Baton.Machines;

namespace Baton.Cli;

/// <summary>
/// Where the kernel counts the calls of kexec_load (kexec_load_limit_reboot, Linux 6.3), those count too that unload. A list that
/// cannot be unloaded any more leads nowhere once its process has ended.
/// </summary>
internal static class KexecCallsLeft
{
    /// <summary>Demands that there are enough calls for a gather: each load that may be, and one to unload.</summary>
    /// <param name="ability">What the kernel allows.</param>
    /// <param name="rebuilds">How often the list may be made anew.</param>
    /// <param name="isNow">Whether it is not tried before processes are ended.</param>
    /// <exception cref="CommandException">There are not.</exception>
    public static void Demand(KexecAbility ability, int rebuilds, bool isNow)
    {
        const int LoadAndUnload = 2;
        int demand = LoadAndUnload + rebuilds + (isNow ? 0 : LoadAndUnload);
        if (ability.CallsLeft is { } left && left < demand)
        {
            throw new CommandException(
                ExitCode.Unavailable,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"nothing was loaded: a gather may need {demand} calls of kexec_load, the last one to unload what leads ")
                + string.Create(
                    CultureInfo.InvariantCulture,
                    $"nowhere without this process, and the kernel takes {left} more calls (kexec_load_limit_reboot); ")
                + "use --carrier kexec-load");
        }
    }
}
