using Baton.Bytes;
using Baton.Handoffs;
using Baton.Protocols.Linux;

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

    [Theory]
    [InlineData("root=/dev/sda\u0007", 2047, "(command line): control character 0x07 at position 13")]
    [InlineData("a\nb", 3, "(command line): control character 0x0a at position 1")]
    [InlineData("a\tb\nc", 2047, "(command line): control character 0x0a at position 3")]
    [InlineData("a\t\u001f", 2047, "(command line): control character 0x1f at position 2")]
    [InlineData("äöü", 5, "(cmdline_size): the command line has 6 bytes, this kernel takes 5")]
    public void A_line_that_a_kernel_cannot_take_is_refused(string line, int limit, string words)
    {
        ImageLocation kernel = new("vmlinuz", 0, "cmdline_size");
        ImageFormatException e = Assert.Throws<ImageFormatException>(() => CommandLine.Check(line, limit, kernel));
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tabs_and_a_line_of_just_the_length_are_taken() =>
        CommandLine.Check("a\tb c", 5, new ImageLocation("vmlinuz", 0, "cmdline_size"));
}
