using System.Text;
using Baton.Bytes;
using Baton.Handoffs;
using Baton.Machines;

namespace Baton.Tests.Machines;

/// <summary>What says that memory is encrypted, and what only says that it could be.</summary>
public sealed class MemoryEncryptionTests
{
    private const string ByDefault = "CONFIG_AMD_MEM_ENCRYPT_ACTIVE_BY_DEFAULT=y";

    [Theory]
    [InlineData("fpu lm sme sev sev_es", "root=/dev/sda1", null)]
    [InlineData("fpu lm sme", "root=/dev/sda1 mem_encrypt=on quiet", "SME (mem_encrypt=on)")]
    [InlineData("fpu lm sme", "mem_encrypt=off mem_encrypt=on", "SME (mem_encrypt=on)")]
    [InlineData("fpu lm sme", "mem_encrypt=on mem_encrypt=off", null)]
    [InlineData("fpu lm", "mem_encrypt=on", null)]
    [InlineData("fpu lm sme", "mem_encrypt=off", null)]
    [InlineData("fpu lm hypervisor sev sev_es", "", "SEV (sev_es among the flags of a virtual processor)")]
    [InlineData("fpu lm hypervisor", "", null)]
    [InlineData("fpu lm hypervisor tdx_guest", "", "TDX (tdx_guest among the processor's flags)")]
    public void It_is_told_by_flags_and_the_command_line(string flags, string commandLine, string? expected) =>
        Assert.Equal(expected, MemoryEncryption.Of(flags.Split(' ').ToHashSet(), commandLine, null, null)?.ToString());

    [Theory]
    [InlineData("fpu lm sme", "", true)]
    [InlineData("fpu lm sme", "mem_encrypt=perhaps", true)]
    [InlineData("fpu lm sme", "mem_encrypt=off", false)]
    [InlineData("fpu lm sme", "mem_encrypt=on mem_encrypt=off", false)]
    [InlineData("fpu lm", "", false)]
    public void The_configuration_switches_SME_on_where_the_command_line_does_not_decide(
        string flags, string commandLine, bool isEncrypted)
    {
        Dictionary<string, string> files = Trees.Pc();
        files["boot/config-6.1.0-test"] += ByDefault + "\n";
        files["proc/cpuinfo"] = Trees.CpuInfo.Replace("fpu lm", flags, StringComparison.Ordinal);
        files["proc/cmdline"] = commandLine + "\n";
        Assert.Equal(
            isEncrypted ? "SME (CONFIG_AMD_MEM_ENCRYPT_ACTIVE_BY_DEFAULT in test:boot/config-6.1.0-test)" : null,
            MachineReader.Read(Trees.Of(files)).MemoryEncryption?.ToString());
    }

    /// <summary>CPUID says what may be, SEV_STATUS what is.</summary>
    [Theory]
    [InlineData("hypervisor", 0x2U, null, "SEV (CPUID 0x8000001f tells of SEV;")]
    [InlineData("hypervisor", 0xaU, null, "SEV (CPUID 0x8000001f tells of SEV-ES;")]
    [InlineData("hypervisor", 0x1bU, null, "SEV (CPUID 0x8000001f tells of SEV-SNP;")]
    [InlineData("hypervisor", 0x1bU, 1, "SEV (SEV_STATUS tells of SEV)")]
    [InlineData("hypervisor", 0x1bU, 3, "SEV (SEV_STATUS tells of SEV-ES)")]
    [InlineData("hypervisor", 0x1bU, 7, "SEV (SEV_STATUS tells of SEV-SNP)")]
    [InlineData("hypervisor", 0x1bU, 0, null)]
    [InlineData("hypervisor", 0x1U, null, null)]
    [InlineData("hypervisor", 0x0U, null, null)]
    [InlineData("a-host", 0x1bU, null, null)]
    public void In_a_guest_that_hides_the_flags_the_processor_tells(
        string flag, uint features, int? status, string? expected)
    {
        SevAnswer answer = new(features, (ulong?)status);
        Machine machine = Guest(flag, Encoding.UTF8.GetString(answer.ToFile()));

        Assert.Equal(expected is null ? null : MemoryEncryptionKind.Sev, machine.MemoryEncryption?.Kind);
        Assert.StartsWith(expected ?? "", machine.MemoryEncryption?.ToString() ?? "", StringComparison.Ordinal);
        Assert.Equal(
            expected is not null && status is null,
            machine.MemoryEncryption?.Sign.Contains("assumed, because /dev/cpu/0/msr may not be read", StringComparison.Ordinal)
                ?? false);
        Assert.DoesNotContain(machine.Findings, finding => finding.Id == MemoryEncryption.NotTold);
    }

    [Theory]
    [InlineData("hypervisor", true)]
    [InlineData("hypervisor sev", false)]
    [InlineData("a-host", false)]
    public void A_guest_on_AMD_that_was_not_asked_gets_a_note(string flags, bool hasNote)
    {
        Finding[] notes = [.. Guest(flags, null).Findings.Where(finding => finding.Id == MemoryEncryption.NotTold)];
        Assert.Equal(hasNote ? [Severity.Note] : [], notes.Select(finding => finding.Severity));
    }

    [Theory]
    [InlineData("", "Truncated", "test:baton-record/sev:1 (cpuid_8000001f_eax)")]
    [InlineData("sev_status=0x1\n", "Missing", "test:baton-record/sev:1 (cpuid_8000001f_eax)")]
    [InlineData("cpuid_8000001f_eax=0x100000000", "OutOfRange", "test:baton-record/sev:1 (cpuid_8000001f_eax)")]
    [InlineData("cpuid_8000001f_eax=0x2\nsev_status=on", "BadSyntax", "test:baton-record/sev:2 (sev_status)")]
    [InlineData("cpuid_8000001f_eax=0x2\nmore", "BadSyntax", "test:baton-record/sev:2 (line)")]
    public void A_malformed_answer_is_named(string text, string error, string where)
    {
        ImageFormatException e = Assert.Throws<ImageFormatException>(() => Guest("hypervisor", text));
        Assert.Equal((error, where), (e.Error.ToString(), e.Where.ToString()));
    }

    private static Machine Guest(string flags, string? answer)
    {
        Dictionary<string, string> files = Trees.Pc();
        files["proc/cpuinfo"] = Trees.CpuInfo
            .Replace("GenuineIntel", "AuthenticAMD", StringComparison.Ordinal)
            .Replace("fpu lm", "fpu lm " + flags, StringComparison.Ordinal);
        if (answer is not null)
        {
            files[RecordPaths.Sev] = answer;
        }

        return MachineReader.Read(Trees.Of(files));
    }
}
