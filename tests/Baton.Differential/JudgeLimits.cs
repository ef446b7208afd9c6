namespace Baton.Differential;

/// <summary>
/// Where the judge is known to be unlike a processor: what the manual says and QEMU's translator does not do. Asked only
/// when there is a difference, and each rule is as narrow as what is known.
/// </summary>
public static class JudgeLimits
{
    /// <summary>The reason why a difference says nothing about the candidate; null when it does.</summary>
    public static string? Explain(InstructionCase input, CaseResult judge, CaseResult candidate)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(judge);
        ArgumentNullException.ThrowIfNull(candidate);
        return null;
    }
}
