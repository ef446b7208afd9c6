using Baton.Handoffs;

namespace Baton.Machines;

/// <summary>By what memory is encrypted.</summary>
public enum MemoryEncryptionKind
{
    /// <summary>Secure Memory Encryption, on an AMD host.</summary>
    Sme,

    /// <summary>Secure Encrypted Virtualization, in a guest on AMD; with ES and SNP too.</summary>
    Sev,

    /// <summary>Trust Domain Extensions, in a guest on Intel.</summary>
    Tdx,
}

/// <summary>
/// That the running kernel's memory is encrypted: what a page holds depends on the page tables through which it is read.
/// </summary>
/// <param name="Kind">By what.</param>
/// <param name="Sign">What says so, for people.</param>
public sealed record MemoryEncryption(MemoryEncryptionKind Kind, string Sign)
{
    /// <summary>Flags of /proc/cpuinfo that say so in a virtual machine; on a host they say that it could offer it.</summary>
    private static readonly string[] GuestFlags = ["sev_snp", "sev_es", "sev"];

    /// <summary>The option of older kernels that switches SME on without a word on the command line.</summary>
    private const string ActiveByDefault = "CONFIG_AMD_MEM_ENCRYPT_ACTIVE_BY_DEFAULT";

    /// <summary>The finding that says that nobody has told whether a virtual machine's memory is encrypted.</summary>
    public const string NotTold = "encryption-not-told";

    /// <summary>What encrypts the memory; null for nothing that is known.</summary>
    /// <param name="flags">The processor's, as /proc/cpuinfo has them.</param>
    /// <param name="commandLine">The running kernel's, which decides on SME (x86/amd-memory-encryption.rst).</param>
    /// <param name="config">Its configuration, which decides where the line does not; null when not known.</param>
    /// <param name="sev">What the processor itself answers; null when it was not asked.</param>
    public static MemoryEncryption? Of(IReadOnlySet<string> flags, string commandLine, KernelConfig? config, SevAnswer? sev)
    {
        ArgumentNullException.ThrowIfNull(flags);
        ArgumentNullException.ThrowIfNull(commandLine);
        bool isGuest = flags.Contains("hypervisor");
        return flags.Contains("tdx_guest") ? new(MemoryEncryptionKind.Tdx, "tdx_guest among the processor's flags")
            : isGuest && Array.Find(GuestFlags, flags.Contains) is { } guest
                ? new(MemoryEncryptionKind.Sev, $"{guest} among the flags of a virtual processor")
            : isGuest && sev?.Sign is { } answered ? new(MemoryEncryptionKind.Sev, answered)
            : flags.Contains("sme") && SwitchOf(commandLine, config) is { } switchedBy
                ? new(MemoryEncryptionKind.Sme, switchedBy)
            : null;
    }

    /// <summary>
    /// A note where a virtual machine on AMD may be encrypted without a sign of it: KVM hides from its guests the register by
    /// which the kernel keeps the flags of SEV in /proc/cpuinfo, so that only the processor's own answer tells. Null elsewhere.
    /// </summary>
    /// <param name="processor">/proc/cpuinfo.</param>
    /// <param name="sev">What the processor itself answers; null when it was not asked.</param>
    internal static Finding? WhyNotTold(CpuInfo processor, SevAnswer? sev) =>
        sev is null && processor.Flags.Contains("hypervisor") && !Array.Exists(GuestFlags, processor.Flags.Contains)
        && processor.Values.GetValueOrDefault("vendor_id") is "AuthenticAMD" or "HygonGenuine"
            ? new Finding(
                Severity.Note,
                NotTold,
                $"it is not known whether this virtual machine's memory is encrypted by SEV: {RecordPaths.Sev} is missing, which "
                    + "`baton machine --save` writes on the machine itself; if it is, only --carrier kexec-file-load crosses")
            : null;

    /// <summary>What has switched SME on; null when it is off. The last mem_encrypt= decides if it is "on" or "off".</summary>
    private static string? SwitchOf(string commandLine, KernelConfig? config) =>
        Array.FindLast(commandLine.Split(' ', '\t'), word => word.StartsWith("mem_encrypt=", StringComparison.Ordinal)) switch
        {
            "mem_encrypt=on" => "mem_encrypt=on",
            "mem_encrypt=off" => null,
            _ => config?.IsSet(ActiveByDefault) == true ? $"{ActiveByDefault} in {config.Source}" : null,
        };

    public override string ToString() => $"{Kind.ToString().ToUpperInvariant()} ({Sign})";
}
