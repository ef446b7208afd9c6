namespace Baton.Machines;

/// <summary>
/// Whether the running kernel's memory is encrypted: what a process sees in a page is not what lies there, so that a
/// page cannot be moved by who does not go through the same page tables.
/// </summary>
public static class MemoryEncryption
{
    /// <summary>Flags of /proc/cpuinfo that say so in a virtual machine; on a host they say that it could offer it.</summary>
    private static readonly string[] GuestFlags = ["sev_snp", "sev_es", "sev"];

    /// <summary>What encrypts the memory; null for nothing.</summary>
    /// <param name="flags">The processor's, as /proc/cpuinfo has them.</param>
    /// <param name="commandLine">The running kernel's, on which SME is switched on (x86/amd-memory-encryption.rst).</param>
    public static string? Of(IReadOnlySet<string> flags, string commandLine)
    {
        ArgumentNullException.ThrowIfNull(flags);
        ArgumentNullException.ThrowIfNull(commandLine);
        return flags.Contains("tdx_guest") ? "TDX (tdx_guest among the processor's flags)"
            : flags.Contains("hypervisor") && Array.Find(GuestFlags, flags.Contains) is { } guest
                ? $"SEV ({guest} among the flags of a virtual processor)"
            : flags.Contains("sme") && commandLine.Split(' ').Contains("mem_encrypt=on") ? "SME (mem_encrypt=on)"
            : null;
    }
}
