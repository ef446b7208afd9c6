namespace Baton.Proofs.X64;

/// <summary>What the processor makes of code and addresses (Intel SDM volume 3, section 2.2).</summary>
public enum X64Mode
{
    /// <summary>CR0.PE is clear. The width of the code follows CS.D, which is set only when it is a leftover.</summary>
    Real16,

    /// <summary>Protected mode without long mode, CS.D clear.</summary>
    Protected16,

    /// <summary>Protected mode without long mode, CS.D set.</summary>
    Protected32,

    /// <summary>Long mode, CS.L and CS.D clear.</summary>
    Compatibility16,

    /// <summary>Long mode, CS.L clear and CS.D set.</summary>
    Compatibility32,

    /// <summary>Long mode, CS.L set.</summary>
    Long64,
}
