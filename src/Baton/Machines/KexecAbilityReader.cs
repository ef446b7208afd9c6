using System.Globalization;
using Baton.Bytes;

namespace Baton.Machines;

/// <summary>
/// Finds out what kexec the running kernel allows, and why not: from its configuration, its switches and, on the live
/// system, from its answers to harmless calls.
/// </summary>
internal static class KexecAbilityReader
{
    private const int CapSysBoot = 22;
    private const int Eperm = 1;
    private const int Ebadf = 9;
    private const int Eacces = 13;
    private const int Ebusy = 16;
    private const int Einval = 22;
    private const int Enosys = 38;

    public static KexecAbility Read(
        IFileTree tree, KernelConfig? config, RunningBootParams? bootParams, KexecProbeResult? probe)
    {
        Facts facts = Facts.Of(tree, config, bootParams);
        bool? crashLoaded = Flag(tree, "sys/kernel/kexec_crash_loaded") ?? Flag(tree, "sys/kernel/kexec/crash_loaded");
        return new KexecAbility(
            Assess(facts, isFileLoad: false, probe?.KexecLoadErrno),
            Assess(facts, isFileLoad: true, probe?.KexecFileLoadErrno),
            ReadLoaded(tree),
            crashLoaded);
    }

    /// <summary>Reads whether a kernel is loaded; null when the kernel does not say.</summary>
    public static bool? ReadLoaded(IFileTree tree) =>
        Flag(tree, "sys/kernel/kexec_loaded") ?? Flag(tree, "sys/kernel/kexec/loaded");

    private static KexecCall Assess(Facts facts, bool isFileLoad, int? errno)
    {
        string call = isFileLoad ? "kexec_file_load" : "kexec_load";
        List<string> against = [.. isFileLoad ? facts.AgainstFileLoad() : facts.AgainstLoad(), .. facts.AgainstBoth()];
        List<string> remarks = isFileLoad ? [.. facts.FileLoadRemarks()] : [];
        switch (errno)
        {
            case Einval when !isFileLoad:
            case Ebadf or Einval or Ebusy when isFileLoad:
                return new KexecCall(true, [$"the kernel accepts the call from this process", .. remarks]);
            case Enosys:
                return Denied($"the running kernel has no {call} (ENOSYS): boot one built with it");
            case Eperm or Eacces:
                return Denied(facts.UnexplainedRefusal(call, errno == Eperm ? "EPERM" : "EACCES"));
            case not null:
                return new KexecCall(false, [.. against, $"{call} answers errno {errno} to a harmless call"]);
            default:
                break;
        }

        if (against.Count > 0)
        {
            return new KexecCall(false, against);
        }

        return facts.BuiltInBy(isFileLoad) is { } source
            ? new KexecCall(true, [$"{source} has it, and nothing forbids it", .. remarks])
            : new KexecCall(null, [facts.NothingTells, .. remarks]);

        KexecCall Denied(string otherwise) => new(false, against.Count > 0 ? against : [otherwise]);
    }

    private static bool? Flag(IFileTree tree, string path) => tree.Read(path).Line switch
    {
        "0" => false,
        "1" => true,
        _ => null,
    };

    /// <summary>What the tree says on the matter.</summary>
    private sealed record Facts
    {
        public required KernelConfig? Config { get; init; }

        /// <summary>Whether the kernel has the files that any kexec brings along; null when nothing tells.</summary>
        public required bool? HasCore { get; init; }

        public required string? LoadDisabled { get; init; }

        public required string? LoadLimit { get; init; }

        /// <summary>none, integrity or confidentiality; empty when the kernel does not say.</summary>
        public required string Lockdown { get; init; }

        public required bool? HasCapability { get; init; }

        public required bool? SecureBoot { get; init; }

        public string NothingTells => HasCore == true
            ? "the kernel has kexec; no configuration (/proc/config.gz, /boot/config-*) is there to tell which calls"
            : "the kernel's configuration (/proc/config.gz, /boot/config-*) is not there to tell";

        public static Facts Of(IFileTree tree, KernelConfig? config, RunningBootParams? bootParams)
        {
            IReadOnlyList<string> kernelFiles = tree.List("sys/kernel");
            return new Facts
            {
                Config = config,
                HasCore = kernelFiles.Count == 0 ? null
                    : kernelFiles.Contains("kexec_loaded") || kernelFiles.Contains("kexec"),
                LoadDisabled = tree.Read("proc/sys/kernel/kexec_load_disabled").Line,
                LoadLimit = tree.Read("proc/sys/kernel/kexec_load_limit_reboot").Line,
                Lockdown = SelectedWord(tree.Read("sys/kernel/security/lockdown").Line ?? ""),
                HasCapability = HasCapSysBoot(tree.Read("proc/self/status").Text),
                SecureBoot = bootParams?.SecureBoot,
            };
        }

        /// <summary>The configuration that has the call built in; null when none says so.</summary>
        public string? BuiltInBy(bool isFileLoad) =>
            Config?.IsSet(isFileLoad ? "CONFIG_KEXEC_FILE" : "CONFIG_KEXEC") == true ? Config.Source : null;

        public IEnumerable<string> AgainstLoad()
        {
            if (Config is not null && !Config.IsSet("CONFIG_KEXEC"))
            {
                yield return $"the running kernel is built without CONFIG_KEXEC ({Config.Source}): boot one with it";
            }

            if (Lockdown is "integrity" or "confidentiality")
            {
                yield return $"the kernel is locked down ({Lockdown}{WithSecureBoot}): use kexec_file_load with a "
                    + "signed kernel, or turn Secure Boot and lockdown= off";
            }
        }

        public IEnumerable<string> AgainstFileLoad()
        {
            if (Config is not null && !Config.IsSet("CONFIG_KEXEC_FILE"))
            {
                string instead = Config.IsSet("CONFIG_KEXEC") ? "use kexec_load, or " : "";
                yield return $"the running kernel is built without CONFIG_KEXEC_FILE ({Config.Source}): {instead}"
                    + "boot one with it";
            }
        }

        public IEnumerable<string> AgainstBoth()
        {
            if (HasCore == false && Config is null)
            {
                yield return "the running kernel has no kexec (/sys/kernel/kexec_loaded is missing): boot one with it";
            }

            if (LoadDisabled == "1")
            {
                yield return "kexec_load_disabled is 1 and cannot be set back: remove it from /etc/sysctl.d and "
                    + "restart the machine";
            }

            if (LoadLimit == "0")
            {
                yield return "kexec_load_limit_reboot is 0, no more kernel may be loaded: restart the machine";
            }

            if (HasCapability == false)
            {
                yield return "the process has no CAP_SYS_BOOT: run as root";
            }
        }

        public IEnumerable<string> FileLoadRemarks()
        {
            if (Config is not null && Config.IsSet("CONFIG_KEXEC_SIG_FORCE"))
            {
                yield return "only kernels with a signature that the running kernel trusts are accepted "
                    + "(CONFIG_KEXEC_SIG_FORCE)";
            }
            else if (Lockdown is "integrity" or "confidentiality")
            {
                yield return "only kernels with a signature that the running kernel trusts are accepted "
                    + $"(lockdown: {Lockdown}{WithSecureBoot})";
            }
        }

        public string UnexplainedRefusal(string call, string errno) => SecureBoot == true
            ? $"{call} is refused ({errno}), Secure Boot is on: use kexec_file_load with a signed kernel, or turn it "
                + "off"
            : $"{call} is refused ({errno}) though no switch forbids it: a container's seccomp filter or a security "
                + "module does; run outside the container";

        private string WithSecureBoot => SecureBoot == true ? ", Secure Boot is on" : "";

        /// <summary>The word in brackets of <c>none [integrity] confidentiality</c>.</summary>
        private static string SelectedWord(string line)
        {
            int open = line.IndexOf('[', StringComparison.Ordinal);
            int close = line.IndexOf(']', StringComparison.Ordinal);
            return open >= 0 && close > open ? line[(open + 1)..close] : "";
        }

        private static bool? HasCapSysBoot(string? status)
        {
            string? line = status?.Split('\n').FirstOrDefault(l => l.StartsWith("CapEff:", StringComparison.Ordinal));
            bool isNumber = ulong.TryParse(
                line?["CapEff:".Length..].Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
                out ulong mask);
            return isNumber ? (mask & (1UL << CapSysBoot)) != 0 : null;
        }
    }
}
