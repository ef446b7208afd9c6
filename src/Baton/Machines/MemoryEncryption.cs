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

    /// <summary>What encrypts the memory; null for nothing.</summary>
    /// <param name="flags">The processor's, as /proc/cpuinfo has them.</param>
    /// <param name="commandLine">The running kernel's, on which SME is switched on (x86/amd-memory-encryption.rst).</param>
    public static MemoryEncryption? Of(IReadOnlySet<string> flags, string commandLine)
    {
        ArgumentNullException.ThrowIfNull(flags);
        ArgumentNullException.ThrowIfNull(commandLine);
        return flags.Contains("tdx_guest") ? new(MemoryEncryptionKind.Tdx, "tdx_guest among the processor's flags")
            : flags.Contains("hypervisor") && Array.Find(GuestFlags, flags.Contains) is { } guest
                ? new(MemoryEncryptionKind.Sev, $"{guest} among the flags of a virtual processor")
            : flags.Contains("sme") && commandLine.Split(' ').Contains("mem_encrypt=on")
                ? new(MemoryEncryptionKind.Sme, "mem_encrypt=on")
            : null;
    }

    public override string ToString() => $"{Kind.ToString().ToUpperInvariant()} ({Sign})";
}
