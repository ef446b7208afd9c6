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
        modes ??= ExecutionModes.All;
        templates ??= TemplateFile.Load();
        GuestMemory memory = new(seed, judge.ReadGdt());
        judge.Load(memory);
        candidate.Load(memory);
        DifferentialReport report = new();
        Comparison comparison = new(memory);
        List<CaseGenerator> generators =
            [.. modes.Select((mode, i) => new CaseGenerator(templates, mode, memory, unchecked(seed + (ulong)i * 0x1000193)))];
        int size = (int)Math.Clamp(cases / modes.Count, 1, BatchSize);
        CaseResult[] judged = [.. Enumerable.Range(0, size).Select(_ => new CaseResult())];
        CaseResult simulated = new();
        for (long done = 0, batch = 0; done < cases; done += size, batch++)
        {
            CaseGenerator generator = generators[(int)(batch % generators.Count)];
            List<InstructionCase> inputs = [.. Enumerable.Range(0, size).Select(_ => generator.Next())];
            judge.Run(inputs, judged);
            for (int i = 0; i < size; i++)
            {
                simulated.Clear();
                candidate.Run(inputs[i], simulated);
                Judge(report, comparison, inputs[i], judged[i], simulated);
            }
        }

        return report;
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
}
