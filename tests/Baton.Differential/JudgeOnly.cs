namespace Baton.Differential;

/// <summary>A candidate that says nothing: for measuring and looking at the judge alone.</summary>
public sealed class JudgeOnly : ICandidate
{
    /// <summary>What it says of every case.</summary>
    public const string Refusal = "no candidate";

    /// <inheritdoc/>
    public void Load(GuestMemory memory)
    {
    }

    /// <inheritdoc/>
    public void Run(InstructionCase input, CaseResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        result.Refusal = Refusal;
    }
}
