using Baton.Bytes;

namespace Baton.Machines;

/// <summary>The files that make up a machine record: the list of the writer and of tools/record-machine.sh.</summary>
public static class RecordPaths
{
    /// <summary>The record's own file that holds the version of its form.</summary>
    public const string Version = "baton-record/version";

    /// <summary>The record's own file that lists, one a line, the files that were there but not readable.</summary>
    public const string Denied = "baton-record/denied";

    /// <summary>
    /// The record's own file that holds the firmware's EFI memory map, as it lies in physical memory (see
    /// <see cref="RunningBootParams.EfiMap"/>).
    /// </summary>
    public const string EfiMap = "baton-record/efi_memmap";

    /// <summary>
    /// The record's own file that holds what the processor answers about SEV (see <see cref="SevAnswer"/>): no file of any
    /// system has it, and a shell cannot ask. On x86 alone.
    /// </summary>
    public const string Sev = "baton-record/sev";

    /// <summary>The version of the form that is written and read here.</summary>
    public const int CurrentVersion = 1;

    private const string ReleaseVariable = "$release";

    /// <summary>Paths as the shell expands them: <c>*</c> is any name, <c>$release</c> what uname -r prints.</summary>
    public static IReadOnlyList<string> Patterns { get; } =
    [
        EfiMap,
        Sev,
        "boot/config-$release",
        "lib/modules/$release/config",
        "proc/cmdline",
        "proc/config.gz",
        "proc/cpuinfo",
        "proc/iomem",
        "proc/meminfo",
        "proc/self/status",
        "proc/sys/kernel/arch",
        "proc/sys/kernel/kexec_load_disabled",
        "proc/sys/kernel/kexec_load_limit_reboot",
        "proc/sys/kernel/osrelease",
        "proc/version",
        "sys/class/graphics/fb*/name",
        "sys/class/watchdog/*/identity",
        "sys/class/watchdog/*/state",
        "sys/class/watchdog/*/timeout",
        "sys/firmware/efi/config_table",
        "sys/firmware/efi/fw_platform_size",
        "sys/firmware/efi/fw_vendor",
        "sys/firmware/efi/runtime",
        "sys/firmware/efi/runtime-map/*/attribute",
        "sys/firmware/efi/runtime-map/*/num_pages",
        "sys/firmware/efi/runtime-map/*/phys_addr",
        "sys/firmware/efi/runtime-map/*/type",
        "sys/firmware/efi/runtime-map/*/virt_addr",
        "sys/firmware/efi/systab",
        "sys/firmware/fdt",
        "sys/firmware/memmap/*/end",
        "sys/firmware/memmap/*/start",
        "sys/firmware/memmap/*/type",
        "sys/kernel/boot_params/data",
        "sys/kernel/boot_params/setup_data/*/data",
        "sys/kernel/boot_params/setup_data/*/type",
        "sys/kernel/boot_params/version",
        "sys/kernel/kexec/crash_loaded",
        "sys/kernel/kexec/loaded",
        "sys/kernel/kexec_crash_loaded",
        "sys/kernel/kexec_loaded",
        "sys/kernel/security/lockdown",
    ];

    /// <summary>The paths that the patterns stand for in a tree, sorted ordinally; some may not exist.</summary>
    public static IReadOnlyList<string> Expand(IFileTree tree)
    {
        ArgumentNullException.ThrowIfNull(tree);
        string release = tree.Read("proc/sys/kernel/osrelease").Line ?? "";
        List<string> paths = [];
        foreach (string pattern in Patterns.Select(p => p.Replace(ReleaseVariable, release, StringComparison.Ordinal)))
        {
            int star = pattern.IndexOf('*', StringComparison.Ordinal);
            if (star < 0)
            {
                paths.Add(pattern);
                continue;
            }

            string prefix = pattern[..star];
            int slash = prefix.LastIndexOf('/');
            paths.AddRange(tree.List(prefix[..slash])
                .Where(name => name.StartsWith(prefix[(slash + 1)..], StringComparison.Ordinal) && name[0] != '.')
                .Select(name => prefix[..(slash + 1)] + name + pattern[(star + 1)..]));
        }

        paths.Sort(StringComparer.Ordinal);
        return paths;
    }
}
