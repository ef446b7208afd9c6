using Baton.Handoffs;
using Baton.Protocols.LinuxX86;

namespace Baton.Tests.Protocols;

public sealed class CommandLineTests
{
    public static TheoryData<int, string> Cases => Vectors.Lines("command-line.txt");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Composes_the_line(int number, string line)
    {
        string?[] fields = Vectors.Fields(line);
        List<Finding> findings = [];
        string composed = CommandLine.Compose(
            new CommandLineRequest
            {
                Whole = fields[1],
                Reuse = fields[2] == "yes",
                Append = fields[3]?.Split(";;") ?? [],
            },
            fields[0] ?? "",
            findings);
        Assert.Equal(fields[4] ?? "", composed);
        Assert.Equal(fields[5] ?? "", string.Join(' ', findings.Select(finding => finding.Id)));
        Assert.True(number > 0);
    }
}
