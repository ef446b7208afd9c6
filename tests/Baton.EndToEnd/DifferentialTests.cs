using Baton.Differential;

namespace Baton.EndToEnd;

/// <summary>The simulated x86 processor does what QEMU's does; the full run is tools/differential-x64.</summary>
public sealed class DifferentialTests
{
    private const long Cases = 60_000;
    private const ulong Seed = 20;

    [Fact]
    public void Random_instructions_end_as_they_do_on_a_foreign_processor()
    {
        using JudgeMachine judge = new();
        DifferentialReport report = new DifferentialRun(judge, new X64Candidate()).Run(Cases, Seed);
        Assert.True(report.Differences == 0, report.ToString());
        Assert.True(judge.Losses == 0, report.ToString());
        Assert.True(report.Compared > Cases * 9 / 10, report.ToString());
        Assert.True(report.Exceptions > Cases / 20, report.ToString());
        Assert.Equal(ExecutionModes.All.Select(mode => mode.Name).Order(StringComparer.Ordinal), report.Modes);
        Assert.Equal(TemplateFile.Load().Select(template => template.Name).Order(StringComparer.Ordinal), report.Templates);
    }

    [Fact]
    public void A_processor_with_one_wrong_flag_is_found_out()
    {
        using JudgeMachine judge = new();
        DifferentialReport report = new DifferentialRun(judge, new WrongParity(new X64Candidate())).Run(2_000, Seed);
        Assert.True(report.Differences > report.Compared / 4, report.ToString());
    }

    /// <summary>Turns PF over where an instruction completes.</summary>
    private sealed class WrongParity(ICandidate inner) : ICandidate
    {
        public void Load(GuestMemory memory) => inner.Load(memory);

        public void Run(InstructionCase input, CaseResult result)
        {
            inner.Run(input, result);
            result.Flags ^= result.Vector is null ? StatusFlags.Parity : 0;
        }
    }
}
