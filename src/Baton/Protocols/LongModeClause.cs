using Baton.Proofs;
using Baton.Proofs.X64;

namespace Baton.Protocols;

/// <summary>What every kernel demands that is entered in 64-bit mode.</summary>
internal static class LongModeClause
{
    private const ulong Long = X64Efer.LME | X64Efer.LMA;

    /// <summary>The clause.</summary>
    /// <param name="source">The document that demands it.</param>
    public static Clause<X64Arrival> By(string source) =>
        new("long-mode", "The processor is in 64-bit mode with paging on.", source, Judge);

    private static Verdict Judge(X64Arrival arrival)
    {
        X64State state = arrival.State;
        bool isCode = state[X64SegmentRegister.Cs].IsLong;
        return new Verdict(
            (state.Efer & Long) == Long && (state.Cr0 & X64Cr0.PG) != 0 && isCode,
            $"CR0 0x{state.Cr0:x}, EFER 0x{state.Efer & Long:x}, CS.L {(isCode ? 1 : 0)}");
    }
}
