using System.Globalization;
using Baton.Probe;
using Baton.Proofs.EntryStates;

namespace Baton.EndToEnd;

/// <summary>
/// What kexec leaves at an image's entry is what Baton.Proofs starts from. Measured anew: addresses differ from run to
/// run, promises do not.
/// </summary>
public sealed class EntryStateTests
{
    private const int VirtualizationHostExtensions = 34; // HCR_EL2.E2H

    public static TheoryData<int> FourLevel => Numbers(EntryStateRuns.FourLevel);

    public static TheoryData<int> FiveLevel => Numbers(EntryStateRuns.FiveLevel);

    public static TheoryData<int> El1 => Numbers(EntryStateRuns.El1);

    public static TheoryData<int> El2 => Numbers(EntryStateRuns.El2);

    [Theory]
    [MemberData(nameof(FourLevel))]
    public void An_x64_kernel_with_4_level_paging_leaves_what_is_promised(int run) =>
        CheckX64(Measure("x64-4level", EntryStateRuns.FourLevel, run), isFiveLevel: false);

    [Theory]
    [MemberData(nameof(FiveLevel))]
    public void An_x64_kernel_with_5_level_paging_leaves_what_is_promised(int run) =>
        CheckX64(Measure("x64-5level", EntryStateRuns.FiveLevel, run), isFiveLevel: true);

    [Theory]
    [MemberData(nameof(El1))]
    public void An_arm64_kernel_started_at_EL1_leaves_what_is_promised(int run)
    {
        EntryState state = Measure("arm64-el1", EntryStateRuns.El1, run);
        Assert.Equal([], EntryStateJudge.Registers(state, LinuxKexecArm64.Registers(1, state.Entry)));
    }

    [Theory]
    [MemberData(nameof(El2))]
    public void An_arm64_kernel_started_at_EL2_leaves_what_is_promised(int run)
    {
        EntryState state = Measure("arm64-el2", EntryStateRuns.El2, run);
        Assert.Equal([], EntryStateJudge.Registers(state, LinuxKexecArm64.Registers(2, state.Entry)));
        Assert.Equal(
            EntryStateRuns.El2[run].Processor == "neoverse-n1",
            (state["hcr_el2"] >> VirtualizationHostExtensions & 1) == 1);
    }

    private static void CheckX64(EntryState state, bool isFiveLevel)
    {
        Assert.Equal([], EntryStateJudge.Registers(state, LinuxKexecX64.Registers(isFiveLevel, state.Entry)));
        Assert.Equal([], EntryStateJudge.PageTables(state, LinuxKexecX64.PageTables(isFiveLevel)));
    }

    /// <summary>Measures, and keeps the measurement where tools/measure-entry-states makes the vectors from.</summary>
    private static EntryState Measure(string name, IReadOnlyList<EntryStateRun> runs, int run)
    {
        EntryState state = runs[run].Measure();
        string directory = Path.Join(Repository.Root, "artifacts", "test-results", "entry-states", name);
        Directory.CreateDirectory(directory);
        string file = Path.Join(directory, string.Create(CultureInfo.InvariantCulture, $"{run:d2}"));
        File.WriteAllLines(file, state.Lines);
        return state;
    }

    private static TheoryData<int> Numbers(IReadOnlyList<EntryStateRun> runs) => [.. Enumerable.Range(0, runs.Count)];
}
