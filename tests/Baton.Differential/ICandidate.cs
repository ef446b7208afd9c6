namespace Baton.Differential;

/// <summary>A processor that is compared with the judge.</summary>
public interface ICandidate
{
    /// <summary>Takes over the memory that all cases start from.</summary>
    void Load(GuestMemory memory);

    /// <summary>Runs one case and says what came out.</summary>
    void Run(InstructionCase input, CaseResult result);
}
