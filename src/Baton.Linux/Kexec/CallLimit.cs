using Baton.Linux.Gathers;

namespace Baton.Linux.Kexec;

/// <summary>
/// How many more calls the kernel takes (kernel.kexec_load_limit_reboot, Linux 6.3): of kexec_load and kexec_file_load, those
/// that unload and those that it refuses with EBUSY among them. It can be lowered at any time, and never be raised.
/// </summary>
public static class CallLimit
{
    /// <summary>What a load takes that can be unloaded.</summary>
    public const int LoadAndUnload = 2;

    private const string Setting = "/proc/sys/kernel/kexec_load_limit_reboot";

    /// <summary>Reads it; null where the kernel does not count, or does not say.</summary>
    public static int? Read() => KernelSetting.TryRead(Setting) is { } left and >= 0 ? (int)Math.Min(left, int.MaxValue) : null;
}
