using Baton.Linux.Gathers;

namespace Baton.Linux.Kexec;

/// <summary>Whether a next kernel is loaded at this moment.</summary>
public static class LoadedNow
{
    /// <summary>Asks the kernel; null where it does not tell.</summary>
    public static bool? Read() =>
        (KernelSetting.TryRead("/sys/kernel/kexec_loaded") ?? KernelSetting.TryRead("/sys/kernel/kexec/loaded")) switch
        {
            0 => false,
            1 => true,
            _ => null,
        };
}
