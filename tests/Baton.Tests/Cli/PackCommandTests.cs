using Baton.Cli;
using Baton.Proofs;
using Baton.Tests.Formats;
using Baton.Tests.Protocols;

namespace Baton.Tests.Cli;

/// <summary><c>baton pack</c> for a recorded machine: the file is whole and executable, or it is not there.</summary>
public sealed class PackCommandTests : IDisposable
{
    private readonly RecordedMachine _machine = new();
    private readonly string _kernel;

    public PackCommandTests()
    {
        _kernel = _machine.Write("vmlinuz", TestImages.BzImage());
        Directory.CreateDirectory(Path.Join(_machine.Folder, "out"));
    }

    private string Output => Path.Join(_machine.Folder, "out", "handoff");

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void A_pack_is_proved_written_and_told()
    {
        File.WriteAllText(Output, "what was there before");
        (int code, string output, string error) = _machine.Run("pack", _kernel, "--command-line", "quiet", "-o", Output);
        Assert.Equal((ExitCode.Ok, ""), (code, error));
        Assert.Matches(@"Proof: (\d+) of \1 clauses hold", output);
        Assert.Matches(@"packed .* into .*: program \d,\d{3} bytes, payload [\d,]+ bytes in 3 segments", output);
        Assert.Matches(@"for the machine .*: 2 ranges of System RAM, 1023 MiB, CRC-32 [0-9a-f]{8}", output);
        Assert.Equal(Output, Assert.Single(Directory.EnumerateFiles(Path.Join(_machine.Folder, "out"))));
        Assert.Equal("\x7f" + "ELF", System.Text.Encoding.ASCII.GetString(File.ReadAllBytes(Output)[..4]));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal("755", Convert.ToString((int)File.GetUnixFileMode(Output), 8));
        }
    }

    /// <summary>Parts of a pack that were made have names, too: these are no files.</summary>
    [Theory]
    [InlineData("program")]
    [InlineData("trampoline")]
    public void A_pack_may_be_called_as_a_part_of_it(string name)
    {
        string folder = Directory.GetCurrentDirectory();
        string file = Path.Join(folder, name);
        try
        {
            for (int i = 0; i < 2; i++)
            {
                (int code, string _, string error) = _machine.Run("pack", _kernel, "--append", "x", "-o", name, "--no-proof");
                Assert.Equal((ExitCode.Ok, ""), (code, error));
                Assert.True(File.Exists(file));
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void A_pack_without_a_proof_says_so()
    {
        (int code, string output, string _) = _machine.Run("pack", _kernel, "--append", "x", "-o", Output, "--no-proof");
        Assert.Equal(ExitCode.Ok, code);
        Assert.StartsWith("Proof: skipped (--no-proof)\n", output, StringComparison.Ordinal);
        Assert.True(File.Exists(Output));
    }

    [Fact]
    public void A_proof_that_fails_refuses_to_pack()
    {
        ProofReport proof = new()
        {
            Contract = "test",
            Clauses = [new ClauseResult("code-segment", "CS is 0x10.", "a document", Verdict.Broken("CS is 0x20"))],
            Instructions = 1,
            Runs = 1,
            Details = [],
        };
        CommandException e = Assert.Throws<CommandException>(
            () => ProofGate.Pass([() => proof], true, Invocation.Environment(TextWriter.Null, TextWriter.Null), "packed"));
        Assert.StartsWith("nothing was packed: the proof of the handoff fails", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pack KERNEL", ExitCode.Usage, "--output")]
    [InlineData("pack KERNEL -o OUT --carrier kexec-load", ExitCode.Usage, "a packed program has its own")]
    [InlineData("pack KERNEL -o FOLDER", ExitCode.CannotCreate, "cannot be written")]
    [InlineData("pack KERNEL -o /none/such", ExitCode.CannotCreate, "cannot be written")]
    [InlineData("pack KERNEL -o /dev/null", ExitCode.CannotCreate, "/dev/null: cannot be written: it is a character device")]
    [InlineData("pack KERNEL --append x -o KERNEL", ExitCode.CannotCreate, "vmlinuz, which is read to make it")]
    [InlineData("pack KERNEL --initrd INITRD -o INITRD", ExitCode.CannotCreate, "initrd, which is read to make it")]
    [InlineData("pack /none/such -o OUT", ExitCode.NoInput, "/none/such")]
    public void Every_failure_is_one_sentence_and_leaves_no_file(string line, int status, string words)
    {
        Dictionary<string, string> files = new()
        {
            ["KERNEL"] = _kernel,
            ["INITRD"] = _machine.Write("initrd", new byte[5000]),
            ["OUT"] = Output,
            ["FOLDER"] = _machine.Record,
        };
        (int code, string _, string error) = _machine.Run(
            [.. line.Split(' ').Select(word => files.GetValueOrDefault(word, word))]);
        Assert.True(code == status, $"status {code}, expected {status}: {error}");
        Assert.Contains(words, error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(Path.Join(_machine.Folder, "out")));
        Assert.Empty(Directory.EnumerateFiles(_machine.Folder, "*.partial"));
    }

    [Fact]
    public void Segments_that_are_more_than_half_of_the_memory_are_not_packed()
    {
        _machine.WriteRecord("proc/meminfo", "MemTotal: 16 kB\n");
        (int code, string _, string error) = _machine.Run("pack", _kernel, "--append", "x", "-o", Output);
        Assert.Equal(ExitCode.Unavailable, code);
        Assert.Contains("more than half of RAM", error, StringComparison.Ordinal);
        Assert.False(File.Exists(Output));
    }

    [Fact]
    public void A_plan_shows_the_carrier()
    {
        (int code, string output, string _) = _machine.Run("plan", _kernel, "--append", "x", "--carrier", "pack");
        Assert.Equal(ExitCode.Ok, code);
        Assert.Contains("pack: a program carries the handoff out later", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, @"payload [\d,]+ bytes in 3 segments\n")]
    [InlineData(true, @"payload [\d,]+ bytes in 4 segments, at one of 4 places\n")]
    public void On_arm64_with_UEFI_there_is_more_than_one_place(bool isUefi, string words)
    {
        _machine.Replace(Arm64Machines.Files(Arm64Machines.Tree(isUefi)));
        File.WriteAllBytes(_kernel, TestImages.Arm64Image());
        (int code, string output, string error) = _machine.Run("pack", _kernel, "--append", "x", "-o", Output);
        Assert.True(code == ExitCode.Ok, $"status {code}: {error}");
        Assert.Matches(words, output);
    }
}
