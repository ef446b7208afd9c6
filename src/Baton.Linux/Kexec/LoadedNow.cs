using Baton.Linux.Files;
using Baton.Machines;

namespace Baton.Linux.Kexec;

/// <summary>Whether a next kernel is loaded at this moment.</summary>
public static class LoadedNow
{
    /// <summary>Asks the kernel; null where it does not tell.</summary>
    public static bool? Read() => KexecAbilityReader.ReadLoaded(new SystemFileTree("/"));
}
