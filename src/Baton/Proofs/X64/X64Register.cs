namespace Baton.Proofs.X64;

/// <summary>A general register, by its number in instructions.</summary>
public enum X64Register
{
    Rax,
    Rcx,
    Rdx,
    Rbx,
    Rsp,
    Rbp,
    Rsi,
    Rdi,
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15,
}

/// <summary>A segment register, by its number in instructions; behind them the two that name a system segment.</summary>
public enum X64SegmentRegister
{
    Es,
    Cs,
    Ss,
    Ds,
    Fs,
    Gs,
    Ldtr,
    Tr,
}
