namespace Baton.Trampolines;

/// <summary>What a barrier waits for, and for whom (Arm ARM, DMB and DSB; the number is CRm).</summary>
public enum BarrierOption
{
    /// <summary>Stores, within the inner shareable domain.</summary>
    Ishst = 10,

    /// <summary>Loads and stores, within the inner shareable domain.</summary>
    Ish = 11,

    /// <summary>Loads and stores, this processor only.</summary>
    Nsh = 7,

    /// <summary>Stores, the whole system.</summary>
    St = 14,

    /// <summary>Loads and stores, the whole system.</summary>
    Sy = 15,
}
