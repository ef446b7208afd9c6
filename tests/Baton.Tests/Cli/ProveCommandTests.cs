using System.Text.Json;
using Baton.Cli;
using Baton.Proofs;
using Baton.Tests.Formats;

namespace Baton.Tests.Cli;

/// <summary><c>baton prove</c> for a recorded machine, and the gate that a proof is for load and run.</summary>
public sealed class ProveCommandTests : IDisposable
{
    private readonly RecordedMachine _machine = new();
    private readonly string _kernel;

    public ProveCommandTests()
    {
        _kernel = _machine.Write("vmlinuz", TestImages.BzImage());
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void A_proof_lists_every_clause_with_what_was_seen_and_who_demands_it()
    {
        (int code, string output, string error) = _machine.Run("prove", _kernel, "--command-line", "quiet");
        Assert.Equal((ExitCode.Ok, ""), (code, error));
        Assert.Contains("yes    code-segment", output, StringComparison.Ordinal);
        Assert.Contains("[boot.rst, 64-bit Boot Protocol]", output, StringComparison.Ordinal);
        Assert.Matches(@"Proof: (\d+) of \1 clauses hold \([\d,]+ instructions\)", output);
        Assert.DoesNotContain("NO  ", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_proof_as_JSON_has_what_scripts_ask_for()
    {
        (int code, string output, string _) = _machine.Run("prove", _kernel, "--command-line", "quiet", "--json");
        Assert.Equal(ExitCode.Ok, code);
        using JsonDocument document = JsonDocument.Parse(output);
        JsonElement proof = document.RootElement;
        Assert.Equal("Linux/x86 64-bit", proof.GetProperty("contract").GetString());
        Assert.True(proof.GetProperty("holds").GetBoolean());
        Assert.InRange(proof.GetProperty("instructions").GetInt32(), 10, 100_000);
        Assert.True(proof.GetProperty("runs").GetInt32() >= 2);
        JsonElement[] clauses = [.. proof.GetProperty("clauses").EnumerateArray()];
        Assert.True(clauses.Length > 30);
        Assert.Equal(clauses.Length, clauses.Select(clause => clause.GetProperty("id").GetString()).Distinct().Count());
        Assert.All(clauses, clause =>
        {
            Assert.True(clause.GetProperty("holds").GetBoolean());
            Assert.NotEmpty(clause.GetProperty("seen").GetString()!);
            Assert.EndsWith(".", clause.GetProperty("demand").GetString(), StringComparison.Ordinal);
            Assert.NotEmpty(clause.GetProperty("source").GetString()!);
        });
    }

    [Fact]
    public void What_a_plan_would_say_a_proof_says_too()
    {
        (int code, string output, string _) = _machine.Run("prove", _kernel);
        Assert.Equal(ExitCode.Ok, code);
        Assert.Contains("command-line-empty", output, StringComparison.Ordinal);
        (code, output, _) = _machine.Run("prove", _kernel, "--json");
        Assert.Equal(ExitCode.Ok, code);
        Assert.Contains("command-line-empty", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gather", "this proof is of pages scattered over the machine's memory")]
    [InlineData("kexec-file-load", "this proof is of Baton's plan")]
    public void A_proof_says_what_it_does_not_see(string carrier, string words)
    {
        (int code, string output, string _) = _machine.Run("prove", _kernel, "--append", "x", "--carrier", carrier);
        Assert.Equal(ExitCode.Ok, code);
        Assert.Contains(words, output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gather_is_proved_with_its_relocator_and_a_list()
    {
        (int code, string output, string _) = _machine.Run("prove", _kernel, "--append", "x", "--carrier", "gather", "--json");
        Assert.Equal(ExitCode.Ok, code);
        foreach (string clause in (string[])["page-list", "relocator-place", "moved-pages", "relocator-reach"])
        {
            Assert.Contains($"\"{clause}\"", output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_proof_that_holds_is_one_line_before_the_load()
    {
        using StringWriter output = new();
        Pass(Verdict.Kept("0x10"), output);
        Assert.Equal("Proof: 1 of 1 clauses hold (1,934 instructions)\n", output.ToString());
    }

    [Fact]
    public void A_clause_that_fails_is_shown_and_nothing_is_loaded()
    {
        using StringWriter output = new();
        CommandException e = Assert.Throws<CommandException>(
            () => Pass(Verdict.Broken("CS is 0x20"), output));
        Assert.Equal(ExitCode.Unavailable, e.ExitCode);
        Assert.StartsWith("nothing was loaded", e.Message, StringComparison.Ordinal);
        Assert.Contains("--no-proof", e.Message, StringComparison.Ordinal);
        Assert.Contains("Proof: 0 of 1 clauses hold", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("NO     code-segment  CS is 0x20", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_proof_that_is_not_wanted_is_not_run_and_that_is_said()
    {
        using StringWriter output = new();
        ProofGate.Pass(
            [() => throw new InvalidOperationException("it was run")],
            isWanted: false,
            Invocation.Environment(output, TextWriter.Null));
        Assert.Equal("Proof: skipped (--no-proof)\n", output.ToString());
    }

    private static void Pass(Verdict verdict, TextWriter output) =>
        ProofGate.Pass([() => Report(verdict)], isWanted: true, Invocation.Environment(output, TextWriter.Null));

    private static ProofReport Report(Verdict verdict) => new()
    {
        Contract = "test",
        Clauses = [new ClauseResult("code-segment", "CS is 0x10.", "a document", verdict)],
        Instructions = 1934,
        Runs = 2,
        Details = [],
    };
}
