namespace Baton.Trampolines;

/// <summary>An operation on all of a TLB (Arm ARM, TLBI; the number is op1:CRn:CRm:op2).</summary>
public enum TlbOperation
{
    /// <summary>Everything of EL1 and EL0 with the current VMID, this processor.</summary>
    Vmalle1 = 0x0438,

    /// <summary>Everything of EL1 and EL0 with the current VMID, the inner shareable domain.</summary>
    Vmalle1is = 0x0418,

    /// <summary>Everything of EL2, this processor.</summary>
    Alle2 = 0x2438,

    /// <summary>Everything of EL1 and EL0 with every VMID, this processor.</summary>
    Alle1 = 0x243c,
}
