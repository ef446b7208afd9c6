namespace Baton.Proofs.Arm64;

/// <summary>
/// Which register a name means at EL2 with HCR_EL2.E2H: EL1's name is EL2's register, and EL12's name is EL1's
/// (the virtualization host extensions).
/// </summary>
internal static class HostRegisters
{
    private const int Op1Mask = 7 << 11;
    private const int Op1OfEl2 = 4 << 11;
    private const int Op1OfEl12 = 5 << 11;

    /// <summary>The encoding that is meant.</summary>
    public static int Redirect(int encoding)
    {
        int op1 = encoding & Op1Mask;
        if (op1 == Op1OfEl12)
        {
            return encoding & ~Op1Mask;
        }

        return op1 != 0 ? encoding : (Arm64SystemRegister)encoding switch
        {
            Arm64SystemRegister.CpacrEl1 => (int)Arm64SystemRegister.CptrEl2,
            Arm64SystemRegister.CntkctlEl1 => (int)Arm64SystemRegister.CnthctlEl2,
            Arm64SystemRegister.SctlrEl1 or Arm64SystemRegister.Ttbr0El1 or Arm64SystemRegister.Ttbr1El1
                or Arm64SystemRegister.TcrEl1 or Arm64SystemRegister.SpsrEl1 or Arm64SystemRegister.ElrEl1
                or Arm64SystemRegister.Afsr0El1 or Arm64SystemRegister.Afsr1El1 or Arm64SystemRegister.EsrEl1
                or Arm64SystemRegister.FarEl1 or Arm64SystemRegister.MairEl1 or Arm64SystemRegister.AmairEl1
                or Arm64SystemRegister.VbarEl1 or Arm64SystemRegister.ContextidrEl1 => encoding | Op1OfEl2,
            _ => encoding,
        };
    }
}
