using Baton.Handoffs;

namespace Baton.Machines;

/// <summary>
/// Which carriers cross rightly where memory is encrypted. The crossing's page tables have no encryption bit.
/// </summary>
/// <remarks>
/// On a host with SME that is right: the running kernel keeps what kexec_load(2) copies in pages without the bit, writes it
/// to its destinations without the bit, and the next kernel begins without it. In a guest with SEV the destinations are written
/// with the bit. What kexec_file_load(2) loads crosses by the running kernel's own page tables, which are right everywhere.
/// </remarks>
public static class EncryptedCrossing
{
    /// <summary>Why a carrier cannot be used on a machine, as an error that says what can; null where it can.</summary>
    /// <param name="encryption">What encrypts the machine's memory; null for nothing.</param>
    /// <param name="carrier">The carrier.</param>
    public static Finding? Check(MemoryEncryption? encryption, Carrier carrier) =>
        encryption is null || carrier == Carrier.KexecFileLoad ? null
        : carrier == Carrier.Gather ? Gather(encryption)
        : encryption.Kind switch
        {
            MemoryEncryptionKind.Sme => null,
            MemoryEncryptionKind.Sev => Refuse(
                encryption, "the crossing's page tables do not say so: the next kernel would read ciphertext for its arguments"),
            _ => Refuse(encryption, "it is not known whether the crossing does nothing there that a guest may not do"),
        };

    private static Finding Gather(MemoryEncryption encryption) => new(
        Severity.Error,
        "gather-encrypted-memory",
        $"memory is encrypted by {encryption}, and the relocator would move what cannot be read; " + Advice(
            encryption.Kind == MemoryEncryptionKind.Sme ? Carrier.KexecLoad : Carrier.KexecFileLoad));

    private static Finding Refuse(MemoryEncryption encryption, string reason) => new(
        Severity.Error,
        "encrypted-memory",
        $"memory is encrypted by {encryption}, and {reason}; {Advice(Carrier.KexecFileLoad)}");

    /// <summary>Whether a carrier can take the kernel at hand is another question, so it is not promised.</summary>
    private static string Advice(Carrier carrier) => carrier == Carrier.KexecLoad
        ? $"--carrier {CarrierChoice.NameOf(carrier)} is right there"
        : $"only --carrier {CarrierChoice.NameOf(carrier)} crosses there, by the running kernel's own page tables";
}
