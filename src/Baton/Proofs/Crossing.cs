using System.Globalization;
using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Proofs;

/// <summary>
/// What is kept of one run of a crossing, up to the kernel's first instruction or to where it ended. Its machine is not, so
/// that only one is in memory at a time.
/// </summary>
/// <param name="Instructions">Instructions carried out.</param>
/// <param name="Failure">Why it did not arrive; null when it did.</param>
/// <param name="Judged">The contract's clauses, as the machine has them that has arrived.</param>
internal abstract record CrossingRun(ulong Instructions, string? Failure, IReadOnlyList<ClauseResult> Judged)
{
    /// <summary>The instructions, for people.</summary>
    public string Count => Instructions.ToString("N0", CultureInfo.InvariantCulture);
}

/// <summary>What every architecture's proof does with the runs of a crossing.</summary>
internal static class Crossing
{
    /// <summary>
    /// Instructions after which a crossing is taken to be lost. One that takes a kernel of 100 MiB out of the caches, line by
    /// line, has 6.6 million.
    /// </summary>
    public const ulong StepLimit = 8_000_000;

    /// <summary>The document that demands the clauses of the crossing itself.</summary>
    public const string Source = "docs/proof.md, the crossing";

    /// <summary>What is said of a crossing that has used up <see cref="StepLimit"/>.</summary>
    public static string Lost { get; } = $"after {StepLimit} instructions it is still under way";

    /// <summary>Runs up to the first that fails, that one included.</summary>
    public static List<TRun> UntilFailure<TRun>(IEnumerable<TRun> runs)
        where TRun : CrossingRun
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
    public static ClauseResult Arrives(
        PhysicalAddress from, PhysicalAddress kernel, CrossingRun last, string manner) => new(
        "arrival",
        $"The crossing comes from {from} to the kernel's first instruction at {kernel}, {manner}",
        Source,
        Verdict.Unless(last.Failure, $"{last.Count} instructions"));

    /// <summary>Puts the report together: each clause of the contract as the worst of the runs has it.</summary>
    /// <param name="contract">The contract's name.</param>
    /// <param name="runs">The runs; only the last can have failed, and then nothing that was judged before counts.</param>
    /// <param name="own">The clauses of the crossing itself.</param>
    public static ProofReport Report(string contract, IReadOnlyList<CrossingRun> runs, IReadOnlyList<ClauseResult> own)
    {
        IReadOnlyList<CrossingRun> judged = runs[^1].Failure is null ? runs : [runs[^1]];
        return new ProofReport
        {
            Contract = contract,
            Clauses = [.. own, .. judged[0].Judged.Select((_, i) => Worst([.. judged.Select(run => run.Judged[i])]))],
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
