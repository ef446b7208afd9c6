using System.Text.Json;
using Baton.Cli;
using Baton.Formats.DeviceTrees;
using Baton.Formats.Pe;
using Baton.Machines;
using Baton.Tests.Formats;
using Baton.Tests.Protocols;

namespace Baton.Tests.Cli;

/// <summary><c>baton plan</c> and <c>prove</c> for an arm64 machine's record, wherever they run.</summary>
public sealed class Arm64CommandTests : IDisposable
{
    private readonly RecordedMachine _machine = RecordedMachine.Arm64(Arm64Machines.Tree());

    public void Dispose() => _machine.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_plan_for_a_record_names_the_segments(bool isPacked)
    {
        byte[] image = TestImages.Arm64Image();
        string kernel = _machine.Write("Image", isPacked ? TestImages.Gzip(image) : image);
        (int code, string output, string error) = _machine.Run(
            "plan", kernel, "--initrd", _machine.Write("initrd", TestImages.Cpio()), "--append", "quiet", "--json");
        Assert.True(code == ExitCode.Ok, error);
        using JsonDocument document = JsonDocument.Parse(output);
        JsonElement plan = document.RootElement;
        Assert.Equal("Linux/arm64", plan.GetProperty("protocol").GetString());
        Assert.Equal(
            ["dtb", "initrd", "kernel", "trampoline"],
            plan.GetProperty("segments").EnumerateArray().Select(s => s.GetProperty("name").GetString()).Order());
    }

    [Fact]
    public void A_proof_lists_the_clauses_of_booting_rst()
    {
        (int code, string output, string error) = _machine.Run(
            "prove", _machine.Write("Image", TestImages.Arm64Image()), "--append", "quiet");
        Assert.True(code == ExitCode.Ok, output + error);
        Assert.Contains("yes    mmu-off", output, StringComparison.Ordinal);
        Assert.Contains("[booting.rst, Call the kernel image]", output, StringComparison.Ordinal);
        Assert.Matches(@"Proof: (\d+) of \1 clauses hold", output);
    }

    [Theory]
    [InlineData("plan BZIMAGE", ExitCode.DataError, "an amd64 kernel, and the machine is Arm64")]
    [InlineData("plan BIG", ExitCode.DataError, "the kernel is big-endian")]
    [InlineData("plan BROKENUKI", ExitCode.DataError, ".linux): ")]
    [InlineData("plan IMAGE --dtb NOTREE", ExitCode.DataError, "(magic): found 0x")]
    [InlineData("plan IMAGE --dtb /none/such", ExitCode.NoInput, "/none/such")]
    [InlineData("plan BZIMAGE --dtb TREE", ExitCode.Usage, "--dtb is for Linux on arm64")]
    [InlineData("plan IMAGE --place boot_params=0x50000000", ExitCode.Usage, "has no such segment")]
    [InlineData("plan IMAGE --place dtb=0xa0000000", ExitCode.Unavailable, "no place for \"dtb\"")]
    [InlineData("step IMAGE --exception-level 3", ExitCode.Usage, "--exception-level 3: expected one of 1, 2")]
    public void Every_failure_is_one_sentence_and_a_status(string line, int status, string words)
    {
        Dictionary<string, string> files = new()
        {
            ["IMAGE"] = _machine.Write("IMAGE", TestImages.Arm64Image()),
            ["BZIMAGE"] = _machine.Write("BZIMAGE", TestImages.BzImage()),
            ["BIG"] = _machine.Write("BIG", TestImages.Arm64Image(flags: 0xb)),
            ["BROKENUKI"] = _machine.Write("BROKENUKI", Lying(TestImages.Uki(TestImages.Arm64Image()))),
            ["TREE"] = _machine.Write("TREE", Arm64Machines.Tree().ToFreshArray()),
            ["NOTREE"] = _machine.Write("NOTREE", new byte[1000]),
        };
        (int code, string output, string error) = _machine.Run(
            [.. line.Split(' ').Select(word => files.GetValueOrDefault(word, word)), "--append", "x"]);
        Assert.True(code == status, $"status {code}, expected {status}: {error}");
        Assert.Contains(words, error, StringComparison.Ordinal);
        Assert.Equal("", output);
    }

    [Fact]
    public void A_record_without_a_device_tree_is_refused_with_the_file_that_is_missing()
    {
        _machine.Replace(Arm64Machines.Files(tree: null));
        (int code, string _, string error) = _machine.Run(
            "plan", _machine.Write("Image", TestImages.Arm64Image()), "--append", "x");
        Assert.Equal(ExitCode.DataError, code);
        Assert.Contains(RunningDeviceTree.Path, error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_unified_kernel_image_brings_its_own_company()
    {
        string kernel = _machine.Write("uki.efi", TestImages.Uki(TestImages.Arm64Image()));
        (int code, string output, string error) = _machine.Run("plan", kernel, "--append", "more", "--json");
        Assert.True(code == ExitCode.Ok, error);
        using JsonDocument document = JsonDocument.Parse(output);
        JsonElement plan = document.RootElement;
        Assert.Equal("console=ttyAMA0 quiet more", plan.GetProperty("command_line").GetString());
        Dictionary<string, JsonElement> segments = plan.GetProperty("segments").EnumerateArray()
            .ToDictionary(segment => segment.GetProperty("name").GetString()!);
        Assert.Equal(["dtb", "initrd", "kernel", "trampoline"], segments.Keys.Order());
        Assert.StartsWith(
            "the given device tree", segments["dtb"].GetProperty("reason").GetString(), StringComparison.Ordinal);
        string[] unused =
        [
            .. plan.GetProperty("findings").EnumerateArray()
                .Where(finding => finding.GetProperty("id").GetString() == "uki-section-unused")
                .Select(finding => finding.GetProperty("text").GetString()!),
        ];
        Assert.Contains("section .ucode of", Assert.Single(unused), StringComparison.Ordinal);
        string own = _machine.Write("own", Arm64Machines.Tree().ToFreshArray());
        (code, output, error) = _machine.Run("prove", kernel, "--command-line", "other", "--dtb", own);
        Assert.True(code == ExitCode.Ok, output + error);
    }

    /// <summary>The kernel's section says that it is longer than the file.</summary>
    private static byte[] Lying(byte[] uki)
    {
        int header = uki.AsSpan().LastIndexOf(".linux\0\0"u8);
        PeFields.VirtualSize.Write(uki.AsSpan(header), 0x7fff_ffff);
        return uki;
    }
}
