using Baton.Cli;
using Baton.Tests.Formats;
using Baton.Tests.Protocols;

namespace Baton.Tests.Cli;

/// <summary><c>baton step</c> for recorded arm64 machines: Linux and FreeBSD, by a script and on a plain terminal.</summary>
public sealed class Arm64StepCommandTests : IDisposable
{
    private readonly RecordedMachine _machine = RecordedMachine.Arm64(Arm64Machines.Tree());
    private readonly string _kernel;

    public Arm64StepCommandTests() => _kernel = _machine.Write("Image", TestImages.Arm64Image());

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void The_manual_s_session_is_a_real_one()
    {
        ManualSession session = ManualSession.Number(2);
        (int code, string output, string error) = Run(session.Commands, "--script", "-");
        Assert.Equal((ExitCode.Ok, ""), (code, error));
        Assert.Equal(session.Text, output);
    }

    [Fact]
    public void A_script_says_the_same_each_time()
    {
        const string Script =
            "s 3\nsystem\nregisters\nw x4\nback 2\nlist\ncaches\nentry\nx x0 256\nwrites\nmodes\nfind 80 d6\nm\n";
        Assert.Equal(Run(Script, "--script", "-"), Run(Script, "--script", "-"));
    }

    [Theory]
    [InlineData("1", "EL1, MMU off, caches off")]
    [InlineData("2", "EL2, MMU off, caches off")]
    public void It_starts_at_the_level_that_is_asked_for(string level, string words)
    {
        (int code, string output, string error) = Run("entry", "--script", "-", "--exception-level", level);
        Assert.Equal((ExitCode.Ok, ""), (code, error));
        Assert.StartsWith("#0  ", output, StringComparison.Ordinal);
        Assert.EndsWith(words, output.Split('\n')[0], StringComparison.Ordinal);
        Assert.Contains("6 instructions: the kernel's first instruction", output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_an_arm64_processor_does_not_have_is_one_sentence()
    {
        (int code, string _, string error) = Run("gdt\nx rsp\n", "--script", "-");
        Assert.Equal(ExitCode.Usage, code);
        Assert.Equal(
            "baton: the script, line 1: gdt is for amd64, and this walk is on arm64\n"
            + "baton: the script, line 2: \"rsp\" is not an address: "
            + "give hexadecimal digits, a register, a segment's name or \"entry\"\n",
            error);
    }

    [Fact]
    public void A_plain_terminal_gets_the_panes_after_each_command()
    {
        (int code, string output, string error) = Run("entry\nw pc\n", "--plain");
        Assert.Equal((ExitCode.Ok, ""), (code, error));
        string[] answers = output.Split(ManualSession.Prompt);
        Assert.Equal(4, answers.Length);
        Assert.Contains(" X0  0000000000000000", answers[0], StringComparison.Ordinal);
        Assert.Contains("memory at pc", answers[1], StringComparison.Ordinal);
        Assert.Contains("*X0  ", answers[1], StringComparison.Ordinal);
        Assert.Contains("the MMU is off: physical 0x", answers[2], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_kind_of_machine_is_walked_to_its_kernel(bool isUefi)
    {
        _machine.Replace(Arm64Machines.Files(Arm64Machines.Tree(isUefi)));
        (int code, string output, string error) = Run("entry\nback\nlist\n", "--script", "-");
        Assert.Equal((ExitCode.Ok, ""), (code, error));
        Assert.Contains("br x4", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_handoff_to_FreeBSD_is_walked_through_as_well()
    {
        (int code, string output, string error) = _machine.RunWith(
            "entry\nlist\n", "step", _machine.Write("kernel", TestFreeBsd.Arm64Kernel()), "--script", "-");
        Assert.Equal((ExitCode.Ok, ""), (code, error));
        Assert.Contains("the kernel's first instruction", output, StringComparison.Ordinal);
        Assert.Contains("kernel+0x", output, StringComparison.Ordinal);
    }

    private (int Code, string Output, string Error) Run(string input, params string[] options) =>
        _machine.RunWith(input, ["step", _kernel, "--append", "console=ttyAMA0", .. options]);
}
