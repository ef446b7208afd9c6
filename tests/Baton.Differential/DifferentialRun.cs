namespace Baton.Differential;

/// <summary>Runs cases on the judge and on a candidate, batch by batch, all modes in turn, and compares.</summary>
public sealed class DifferentialRun(JudgeMachine judge, ICandidate candidate)
{
    private const int BatchSize = 2048;

    /// <summary>Runs so many cases.</summary>
    /// <param name="cases">How many; a batch of 2,048 at most is not cut.</param>
    /// <param name="seed">Chooses all of them.</param>
    /// <param name="modes">The modes; all when null.</param>
    /// <param name="templates">The templates; all when null.</param>
    public DifferentialReport Run(
        long cases, ulong seed, IReadOnlyList<ExecutionMode>? modes = null, IReadOnlyList<Template>? templates = null)
    {
        templates ??= TemplateFile.Load();
        modes = [.. (modes ?? ExecutionModes.All).Where(mode => templates.Any(template => template.AppliesTo(mode)))];
        GuestMemory memory = new(seed, judge.ReadGdt());
        judge.Load(memory);
        candidate.Load(memory);
        DifferentialReport report = new();
        Comparison comparison = new(memory);
        List<CaseGenerator> generators =
            [.. modes.Select((mode, i) => new CaseGenerator(templates, mode, memory, unchecked(seed + (ulong)i * 0x1000193)))];
        int size = (int)Math.Clamp(cases / modes.Count, 1, BatchSize);
        // The candidate works on one batch while the judge works on the next.
        Batch? finished = null;
        for (long done = 0, number = 0; done < cases; done += size, number++)
        {
            CaseGenerator generator = generators[(int)(number % generators.Count)];
            Batch batch = new(generator, size);
            Task judging = Task.Run(() => judge.Run(batch.Cases, batch.Judged));
            Compare(report, comparison, finished);
            judging.GetAwaiter().GetResult();
            finished = batch;
        }

        Compare(report, comparison, finished);
        return report;
    }

    private void Compare(DifferentialReport report, Comparison comparison, Batch? batch)
    {
        CaseResult simulated = new();
        for (int i = 0; i < (batch?.Cases.Count ?? 0); i++)
        {
            simulated.Clear();
            candidate.Run(batch!.Cases[i], simulated);
            Judge(report, comparison, batch.Cases[i], batch.Judged[i], simulated);
        }
    }

    private static void Judge(
        DifferentialReport report, Comparison comparison, InstructionCase input, CaseResult judged, CaseResult simulated)
    {
        string? unjudged = judged.Refusal ?? simulated.Refusal;
        if (unjudged == JudgeOnly.Refusal)
        {
            unjudged = $"{unjudged}: {(judged.Vector is { } vector ? $"vector {vector}" : "completed")}";
        }

        string? difference = unjudged is null ? comparison.Compare(input, judged, simulated) : null;
        if (difference is not null && JudgeLimits.Explain(input, judged, simulated) is { } reason)
        {
            unjudged = reason;
        }

        report.Add(input, judged.Vector is not null, difference, unjudged);
    }

    /// <summary>Cases of one mode with the judge's results.</summary>
    private sealed class Batch(CaseGenerator generator, int size)
    {
        public List<InstructionCase> Cases { get; } = [.. Enumerable.Range(0, size).Select(_ => generator.Next())];

        public CaseResult[] Judged { get; } = [.. Enumerable.Range(0, size).Select(_ => new CaseResult())];
    }
}
