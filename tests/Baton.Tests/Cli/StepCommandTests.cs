using System.Text;
using Baton.Cli;
using Baton.Cli.Walks;
using Baton.Probe;
using Baton.Tests.Formats;

namespace Baton.Tests.Cli;

/// <summary><c>baton step</c> for a recorded machine: by a script, on a plain terminal, and what it refuses.</summary>
public sealed class StepCommandTests : IDisposable
{
    private readonly RecordedMachine _machine = new();
    private readonly string _kernel;

    public StepCommandTests()
    {
        _kernel = _machine.Write("vmlinuz", new ProbeKernel { Takes5Level = false }.Build());
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void The_manual_has_the_help_and_its_session_is_a_real_one()
    {
        Assert.Contains(string.Join('\n', WalkHelp.Lines), ManualSession.Manual, StringComparison.Ordinal);
        ManualSession session = ManualSession.Number(1);
        (int code, string output, string error) = Run(session.Commands, "--script", "-");
        Assert.Equal((ExitCode.Ok, ""), (code, error));
        Assert.Equal(session.Text, output);
    }

    [Fact]
    public void A_script_says_the_same_each_time()
    {
        const string Script = "m\ngdt\nregisters\nm\nw rsi\nback 5\nlist\nentry\nx rsi 256\nwrites\nmodes\nfind 0f 22\n";
        Assert.Equal(Run(Script, "--script", "-"), Run(Script, "--script", "-"));
    }

    [Fact]
    public void A_mistake_in_a_script_names_its_line_and_the_rest_is_carried_out()
    {
        string script = _machine.Write("script", "# across\nstep\n\nfly\nentry\nx nowhere\n"u8.ToArray());
        (int code, string output, string error) = Run("", "--script", script);
        Assert.Equal(ExitCode.Usage, code);
        Assert.Equal(
            $"baton: {script}, line 4: \"fly\" is no command; try help\n"
            + $"baton: {script}, line 6: \"nowhere\" is not an address: "
            + "give hexadecimal digits, a register, a segment's name or \"entry\"\n",
            error);
        Assert.Contains("the kernel's first instruction", output, StringComparison.Ordinal);
        Assert.Contains("kernel+0x200  long mode, 4-level paging, CPL 0", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_script_ends_where_it_says_quit()
    {
        (int code, string output, string _) = Run("step\nquit\nstep\n", "--script", "-");
        Assert.Equal(ExitCode.Ok, code);
        Assert.Contains("#1  ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("#2  ", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plain_terminal_gets_the_panes_after_each_command_and_no_escapes()
    {
        (int code, string output, string error) = Run("mode\nw rip\nbad\n", "--plain");
        Assert.Equal((ExitCode.Ok, ""), (code, error));
        Assert.DoesNotContain('\u001b', output);
        string[] answers = output.Split(ManualSession.Prompt);
        Assert.Equal(5, answers.Length);
        Assert.Contains(" RAX ", answers[0], StringComparison.Ordinal);
        Assert.Contains("memory at rsp", answers[1], StringComparison.Ordinal);
        Assert.Contains("compatibility mode, 5-level paging", answers[1], StringComparison.Ordinal);
        Assert.StartsWith("CR3 ", answers[2], StringComparison.Ordinal);
        Assert.Equal("\"bad\" is no command; try help\n", answers[3]);
    }

    [Fact]
    public void On_a_terminal_it_is_a_screen_that_comes_to_the_kernel()
    {
        string command = string.Join(' ', ((string[])
            [Path.Join(AppContext.BaseDirectory, "Baton.Cli"), "step", _kernel, "--append", "x", "--machine", _machine.Record])
            .Select(word => $"'{word}'"));
        string output = Encoding.UTF8.GetString(ForeignTool.Run(
            "script", ["-qec", $"TERM=vt100 {command}", "/dev/null"], "mode\nentry\nfly\nquit\n"u8.ToArray()));
        Assert.Contains("\u001b[7m#0  ", output, StringComparison.Ordinal);
        Assert.Contains("compatibility mode, 5-level paging, CPL 0", output, StringComparison.Ordinal);
        Assert.Contains("the kernel's first instruction", output, StringComparison.Ordinal);
        Assert.Contains("\"fly\" is no command; try help", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_script_that_is_not_there_is_no_defect()
    {
        (int code, string _, string error) = Run("", "--script", "/none/such");
        Assert.Equal(ExitCode.NoInput, code);
        Assert.Contains("/none/such", error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_exception_level_is_for_arm64()
    {
        (int code, string output, string error) = Run("", "--script", "-", "--exception-level", "1");
        Assert.Equal((ExitCode.Usage, ""), (code, output));
        Assert.Equal("baton: --exception-level is for arm64, and this handoff is Linux/x86 64-bit\n", error);
    }

    private (int Code, string Output, string Error) Run(string input, params string[] options) =>
        _machine.RunWith(input, ["step", _kernel, "--append", "console=ttyS0", .. options]);
}
