namespace Baton.Packs;

/// <summary>The registers that a packed program is written with; each architecture has its own behind them.</summary>
internal enum PackRegister
{
    /// <summary>What a system call or a routine answers.</summary>
    Result,

    /// <summary>Arguments of a system call; lost by any call.</summary>
    A0,
    A1,
    A2,
    A3,
    A4,

    /// <summary>Lost by any call.</summary>
    T0,
    T1,

    /// <summary>Kept by system calls.</summary>
    S0,
    S1,
    S2,
    S3,

    /// <summary>The first byte of the program's variables, on the stack.</summary>
    Frame,
}

/// <summary>What a branch asks of two numbers; both are unsigned.</summary>
internal enum PackComparison
{
    Equal,
    NotEqual,
    Below,
    Above,
}
