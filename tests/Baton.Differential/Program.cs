using System.Diagnostics;
using System.Globalization;
using Baton.Differential;

long cases = 2_000_000;
ulong seed = 1;
string? mode = null;
string? template = null;
bool isJudgeOnly = false;
for (int i = 0; i < args.Length; i++)
{
    string Value() => ++i < args.Length ? args[i] : throw new ArgumentException($"{args[^1]} needs a value");
    switch (args[i])
    {
        case "--cases":
            cases = long.Parse(Value(), CultureInfo.InvariantCulture);
            break;
        case "--seed":
            seed = ulong.Parse(Value(), CultureInfo.InvariantCulture);
            break;
        case "--mode":
            mode = Value();
            break;
        case "--template":
            template = Value();
            break;
        case "--judge-only":
            isJudgeOnly = true;
            break;
        default:
            Console.Error.WriteLine(
                "usage: differential-x64 [--cases N] [--seed S] [--mode NAME] [--template NAME] [--judge-only]");
            return 64;
    }
}

using JudgeMachine judge = new();
ICandidate candidate = isJudgeOnly ? new JudgeOnly() : new X64Candidate();
Stopwatch watch = Stopwatch.StartNew();
DifferentialReport report = new DifferentialRun(judge, candidate).Run(
    cases,
    seed,
    mode is null ? null : [.. ExecutionModes.All.Where(one => one.Name == mode)],
    template is null ? null : [.. TemplateFile.Load().Where(one => one.Name == template)]);
Console.WriteLine(JudgeMachine.Version());
Console.Write(report);
Console.WriteLine();
Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalSeconds:f1} s; the judge was started again {judge.Losses} times"));
return report.Differences == 0 && report.Compared > 0 ? 0 : 1;
