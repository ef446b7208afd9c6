using Baton.Machines;

namespace Baton.Tests.Machines;

/// <summary>What says that memory is encrypted, and what only says that it could be.</summary>
public sealed class MemoryEncryptionTests
{
    [Theory]
    [InlineData("fpu lm sme sev sev_es", "root=/dev/sda1", null)]
    [InlineData("fpu lm sme", "root=/dev/sda1 mem_encrypt=on quiet", "SME (mem_encrypt=on)")]
    [InlineData("fpu lm", "mem_encrypt=on", null)]
    [InlineData("fpu lm sme", "mem_encrypt=off", null)]
    [InlineData("fpu lm hypervisor sev sev_es", "", "SEV (sev_es among the flags of a virtual processor)")]
    [InlineData("fpu lm hypervisor", "", null)]
    [InlineData("fpu lm hypervisor tdx_guest", "", "TDX (tdx_guest among the processor's flags)")]
    public void It_is_told_by_flags_and_the_command_line(string flags, string commandLine, string? expected) =>
        Assert.Equal(expected, MemoryEncryption.Of(flags.Split(' ').ToHashSet(), commandLine)?.ToString());
}
