using Baton.Handoffs;
using Baton.Machines;

namespace Baton.Tests.Machines;

/// <summary>Which carriers are refused, and which one is chosen, where memory is encrypted.</summary>
public sealed class EncryptedCrossingTests
{
    private static readonly KexecAbility Both = new(new KexecCall(true, []), new KexecCall(true, []), false, false);

    [Theory]
    [InlineData(MemoryEncryptionKind.Sev, Carrier.KexecLoad, "kexec-file-load")]
    [InlineData(MemoryEncryptionKind.Sev, Carrier.Pack, "kexec-file-load")]
    [InlineData(MemoryEncryptionKind.Sev, Carrier.Gather, "kexec-file-load")]
    [InlineData(MemoryEncryptionKind.Sev, Carrier.KexecFileLoad, null)]
    [InlineData(MemoryEncryptionKind.Tdx, Carrier.KexecLoad, "kexec-file-load")]
    [InlineData(MemoryEncryptionKind.Tdx, Carrier.Pack, "kexec-file-load")]
    [InlineData(MemoryEncryptionKind.Tdx, Carrier.Gather, "kexec-file-load")]
    [InlineData(MemoryEncryptionKind.Tdx, Carrier.KexecFileLoad, null)]
    [InlineData(MemoryEncryptionKind.Sme, Carrier.KexecLoad, null)]
    [InlineData(MemoryEncryptionKind.Sme, Carrier.Pack, null)]
    [InlineData(MemoryEncryptionKind.Sme, Carrier.Gather, "kexec-load")]
    [InlineData(null, Carrier.Gather, null)]
    public void A_carrier_that_would_not_cross_is_refused_with_one_that_does(
        MemoryEncryptionKind? kind, Carrier carrier, string? instead)
    {
        Finding? finding = EncryptedCrossing.Check(Encryption(kind), carrier);
        Assert.Equal(instead is not null, finding is not null);
        if (finding is not null)
        {
            Assert.Equal(Severity.Error, finding.Severity);
            Assert.Contains($"--carrier {instead} ", finding.Text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(MemoryEncryptionKind.Sev, "", Carrier.KexecFileLoad)]
    [InlineData(MemoryEncryptionKind.Tdx, "", Carrier.KexecFileLoad)]
    [InlineData(MemoryEncryptionKind.Sme, "", Carrier.KexecLoad)]
    [InlineData(null, "", Carrier.KexecLoad)]
    [InlineData(MemoryEncryptionKind.Sev, "--place kernel", Carrier.KexecLoad)]
    public void The_best_carrier_is_one_that_crosses(MemoryEncryptionKind? kind, string beyond, Carrier expected)
    {
        CarrierDecision decision = CarrierChoice.Decide(
            Both, null, beyond.Length == 0 ? [] : [beyond], Encryption(kind));
        Assert.Equal(expected, decision.Carrier);
        Assert.Equal(beyond.Length > 0, decision.Obstacles.Count > 0);
    }

    private static MemoryEncryption? Encryption(MemoryEncryptionKind? kind) =>
        kind is { } known ? new MemoryEncryption(known, "test") : null;
}
