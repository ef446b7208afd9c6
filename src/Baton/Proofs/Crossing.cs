using System.Globalization;
using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Proofs;

/// <summary>One run of a crossing, up to the kernel's first instruction or to where it ended.</summary>
/// <typeparam name="TArrival">The machine at the kernel's first instruction.</typeparam>
/// <param name="Processor">The processor; null when no machine could be set up.</param>
/// <param name="Failure">Why it did not arrive; null when it did.</param>
internal abstract record Crossing<TArrival>(IProcessor? Processor, string? Failure)
{
    /// <summary>The machine as the contract judges it; only of a crossing that has arrived.</summary>
    public abstract TArrival Arrival { get; }

    /// <summary>Instructions carried out.</summary>
    public ulong Instructions => Processor?.Instructions ?? 0;

    /// <summary>The instructions, for people.</summary>
    public string Count => Instructions.ToString("N0", CultureInfo.InvariantCulture);
}

/// <summary>What every architecture's proof does with the runs of a crossing.</summary>
internal static class Crossing
{
    /// <summary>Instructions after which a crossing is taken to be lost.</summary>
    public const ulong StepLimit = 1_000_000;

    /// <summary>The document that demands the clauses of the crossing itself.</summary>
    public const string Source = "docs/proof.md, the crossing";

    /// <summary>What is said of a crossing that has used up <see cref="StepLimit"/>.</summary>
    public static string Lost { get; } = $"after {StepLimit} instructions it is still under way";

    /// <summary>Runs up to the first that fails, that one included.</summary>
    public static List<TRun> UntilFailure<TRun, TArrival>(IEnumerable<TRun> runs)
        where TRun : Crossing<TArrival>
    {
        List<TRun> taken = [];
        foreach (TRun run in runs)
        {
            taken.Add(run);
            if (run.Failure is not null)
            {
                break;
            }
        }

        return taken;
    }

    /// <summary>The clause that the crossing arrives.</summary>
    /// <param name="from">Where it begins.</param>
    /// <param name="kernel">The kernel's first instruction.</param>
    /// <param name="last">The run that tells.</param>
    /// <param name="manner">How it must go on its way: the end of the sentence.</param>
    public static ClauseResult Arrives<TArrival>(
        PhysicalAddress from, PhysicalAddress kernel, Crossing<TArrival> last, string manner) => new(
        "arrival",
        $"The crossing comes from {from} to the kernel's first instruction at {kernel}, {manner}",
        Source,
        Verdict.Unless(last.Failure, $"{last.Count} instructions"));

    /// <summary>Puts the report together: each clause of the contract as the worst of the runs has it.</summary>
    /// <param name="contract">What the next kernel demands.</param>
    /// <param name="runs">The runs; only the last can have failed.</param>
    /// <param name="own">The clauses of the crossing itself.</param>
    public static ProofReport Report<TArrival>(
        Contract<TArrival> contract, IReadOnlyList<Crossing<TArrival>> runs, IReadOnlyList<ClauseResult> own)
    {
        IReadOnlyList<IReadOnlyList<ClauseResult>> judged = runs[^1].Failure is null
            ? [.. runs.Select(run => contract.Judge(run.Arrival))]
            : [contract.NotReached()];
        return new ProofReport
        {
            Contract = contract.Name,
            Clauses = [.. own, .. judged[0].Select((_, i) => Worst([.. judged.Select(run => run[i])]))],
            Instructions = runs[^1].Instructions,
            Runs = runs.Count,
            Details = [],
        };
    }

    /// <summary>Which instruction of which segment a processor is at; the beginning of a line of the report.</summary>
    public static string Where(IProcessor processor)
    {
        ulong at = processor.ProgramCounter;
        Segment? home = processor.Memory.Loaded.FirstOrDefault(loaded => loaded.Destination.Contains(new PhysicalAddress(at)));
        string where = home is { } segment
            ? $"in the segment {segment.Name}, 0x{at - segment.Destination.Start.Value:x} bytes from its start"
            : "outside of every segment";
        return $"instruction {processor.Instructions + 1} at 0x{at:x}, {where}";
    }

    private static ClauseResult Worst(IReadOnlyList<ClauseResult> same) =>
        same.FirstOrDefault(result => !result.Holds) ?? same[0];
}
