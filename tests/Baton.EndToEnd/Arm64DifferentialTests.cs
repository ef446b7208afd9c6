using System.Globalization;
using Baton.Differential.Arm64;

namespace Baton.EndToEnd;

/// <summary>The simulated AArch64 processor against QEMU's; tools/differential-arm64 asks for more cases.</summary>
public sealed class Arm64DifferentialTests
{
    private const long DefaultCases = 30_000;
    private const int DefaultSeed = 1;

    [Fact]
    public void The_simulated_processor_and_qemu_agree()
    {
        long cases = Number("BATON_DIFFERENTIAL_CASES", DefaultCases);
        int seed = (int)Number("BATON_DIFFERENTIAL_SEED", DefaultSeed);
        DifferentialResult result = new DifferentialRun(cases, seed).Execute();
        string report = DifferentialReport.Write(result, $"tools/differential-arm64 --cases {cases} --seed {seed}");
        string folder = Path.Join(Repository.Root, "artifacts");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Join(folder, "proof-differential-arm64.md"), report);
        Assert.True(
            result.Differences.Count == 0,
            string.Join('\n', result.Differences.Take(50).Select(d => $"{d.Configuration}, {d.Class}: {d.Text}")));
        Assert.True(result.Total >= cases * 9 / 10, $"{result.Total} of {cases} cases were compared");
        Assert.All(result.Machines, machine => Assert.True(machine.Value > 0, machine.Key));
    }

    private static long Number(string variable, long otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
            ? long.Parse(text, CultureInfo.InvariantCulture)
            : otherwise;
}
