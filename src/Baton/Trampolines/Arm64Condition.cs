namespace Baton.Trampolines;

/// <summary>What a conditional branch asks of the flags (Arm ARM, "Condition code suffixes").</summary>
public enum Arm64Condition
{
    /// <summary>Z is set: equal.</summary>
    Eq,

    /// <summary>Z is clear: not equal.</summary>
    Ne,

    /// <summary>C is set: above or equal, unsigned.</summary>
    Hs,

    /// <summary>C is clear: below, unsigned.</summary>
    Lo,

    /// <summary>N is set: negative.</summary>
    Mi,

    /// <summary>N is clear: positive or zero.</summary>
    Pl,

    /// <summary>V is set: overflow.</summary>
    Vs,

    /// <summary>V is clear: no overflow.</summary>
    Vc,

    /// <summary>Above, unsigned.</summary>
    Hi,

    /// <summary>Below or equal, unsigned.</summary>
    Ls,

    /// <summary>Greater or equal, signed.</summary>
    Ge,

    /// <summary>Less, signed.</summary>
    Lt,

    /// <summary>Greater, signed.</summary>
    Gt,

    /// <summary>Less or equal, signed.</summary>
    Le,
}
