using Baton.Bytes;
using Baton.Handoffs;
using Baton.Machines;

namespace Baton.Tests.Machines;

/// <summary>Whole memory maps of typical machines: tests/vectors/iomem. Lines with # say what must come out.</summary>
public sealed class MemoryVectorTests
{
    private static readonly string Folder = Path.Join(AppContext.BaseDirectory, "vectors", "iomem");

    public static TheoryData<string> Vectors() =>
        new(Directory.GetFiles(Folder, "*.txt").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Both_views_and_what_they_leave_usable_are_as_written(string vector)
    {
        string[] lines = File.ReadAllLines(Path.Join(Folder, vector));
        Dictionary<string, string> files = Trees.Pc();
        files["proc/iomem"] = string.Concat(lines.Where(l => !l.StartsWith('#')).Select(l => l + "\n"));
        int number = 0;
        foreach (string[] words in Values(lines, "firmware").Select(v => v.Split(' ', 3)))
        {
            files[$"{FirmwareMemmap.Directory}/{number}/start"] = words[0] + "\n";
            files[$"{FirmwareMemmap.Directory}/{number}/end"] = words[1] + "\n";
            files[$"{FirmwareMemmap.Directory}/{number}/type"] = words[2] + "\n";
            number++;
        }

        Machine machine = MachineReader.Read(Trees.Of(files));

        Assert.Equal(Values(lines, "usable"), [machine.Usable.ToString()]);
        foreach (string next in Values(lines, "next"))
        {
            Assert.Contains(next, machine.FirmwareMemory.Select(r => r.ToString()));
        }

        foreach (string running in Values(lines, "running"))
        {
            Assert.Contains(running, machine.RunningMemory.Select(r => r.ToString()));
        }

        Assert.Equal(Values(lines, "finding"), machine.Findings.Select(f => f.Id));
        Trees.Touch(machine);
    }

    [Theory]
    [InlineData(TreeFileState.Absent, "is missing")]
    [InlineData(TreeFileState.Denied, "may not be read")]
    public void Without_iomem_nothing_is_usable_and_an_error_says_why(TreeFileState state, string problem)
    {
        Dictionary<string, string> files = Trees.Pc();
        files.Remove("proc/iomem");

        Machine machine = MachineReader.Read(
            Trees.Of(files, BootParamsTests.UefiBootParams(), state == TreeFileState.Denied ? ["proc/iomem"] : []));

        Assert.Empty(machine.Usable);
        Finding finding = Assert.Single(machine.Findings, f => f.Id == MachineReader.NoRunningMemory);
        Assert.Equal(Severity.Error, finding.Severity);
        Assert.Contains(problem, finding.Text, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Values(string[] lines, string key) => lines
        .Where(l => l.StartsWith($"# {key}:", StringComparison.Ordinal))
        .Select(l => l[($"# {key}:".Length)..].Trim());
}
