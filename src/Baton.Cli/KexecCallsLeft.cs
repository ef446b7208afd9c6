using System.Globalization;
using Baton.Linux.Kexec;

namespace Baton.Cli;

/// <summary>
/// Where the kernel counts the calls of kexec_load (CallLimit), those count too that unload. A list that cannot be unloaded any
/// more leads nowhere once its process has ended.
/// </summary>
internal static class KexecCallsLeft
{
    /// <summary>Asks whether there are enough calls for a gather: each load that may be, with one to unload it.</summary>
    /// <param name="left">How many the kernel takes; null where it does not count.</param>
    /// <param name="isNow">Whether loading is not tried before processes are ended.</param>
    /// <returns>Why not, for people; null when there are enough.</returns>
    public static string? Obstacle(int? left, bool isNow)
    {
        int demand = CallLimit.LoadAndUnload * (1 + GatherRun.MostRebuilds + (isNow ? 0 : 1));
        return left >= demand || left is null
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"a gather may need {demand} calls of kexec_load, the last one to unload what leads nowhere without this ")
            + string.Create(
                CultureInfo.InvariantCulture,
                $"process, and the kernel takes {left} more (kexec_load_limit_reboot)");
    }

    /// <summary>Asks whether there are enough calls for one list.</summary>
    /// <param name="left">How many the kernel takes; null where it does not count.</param>
    /// <returns>Why not, for people; null when there are enough.</returns>
    public static string? ListObstacle(int? left) => left >= CallLimit.LoadAndUnload || left is null
        ? null
        : string.Create(
            CultureInfo.InvariantCulture,
            $"a list needs {CallLimit.LoadAndUnload} calls of kexec_load, to be loaded and unloaded, and the kernel ")
        + string.Create(
            CultureInfo.InvariantCulture, $"takes {left} more (kexec_load_limit_reboot); {Instead(left)}");

    /// <summary>What can be done in place of a gather, for people.</summary>
    public static string Instead(int? left) =>
        left > 0 ? "use --carrier kexec-load" : "no kernel can be loaded any more: restart the machine";
}
