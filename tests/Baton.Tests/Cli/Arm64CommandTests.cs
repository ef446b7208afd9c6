using System.Text.Json;
using Baton.Cli;
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
    public void A_plan_says_that_nothing_is_gathered()
    {
        (int code, string output, string error) = _machine.Run(
            "plan", _machine.Write("Image", TestImages.Arm64Image()), "--append", "quiet", "--carrier", "gather");
        Assert.True(code == ExitCode.Ok, error);
        Assert.Contains("error: gather works on amd64 only, so far; use \"baton pack\"", output, StringComparison.Ordinal);
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

    [Fact]
    public void A_kernel_for_other_pages_is_warned_of_by_file_and_property()
    {
        string kernel = _machine.Write("Image", TestImages.Arm64Image(flags: 0xe));
        (int code, string _, string error) = _machine.Run(
            "pack", kernel, "--append", "x", "-o", Path.Join(_machine.Folder, "handoff"));
        Assert.Equal(ExitCode.Ok, code);
        Assert.StartsWith(
            $"baton: warning: {kernel} (flags): built for pages of 64 KiB, which not every", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("prove")]
    [InlineData("plan")]
    [InlineData("step")]
    public void A_vmlinux_is_handed_over_to_as_the_Image_in_it(string command)
    {
        byte[] image = TestImages.Arm64Image();
        string[] options = command == "step" ? ["--script", "-"] : [];
        string vmlinux = _machine.Write("vmlinux", TestImages.Arm64Vmlinux(image));
        (int code, string output, string error) = _machine.RunWith(
            "e\nx kernel 64\n", [command, vmlinux, "--append", "x", .. options]);
        (int _, string plain, string _) = _machine.RunWith(
            "e\nx kernel 64\n", [command, _machine.Write("Image", image), "--append", "x", .. options]);
        Assert.True(code == ExitCode.Ok, error);
        Assert.Equal(plain, output.Replace("vmlinux", "Image", StringComparison.Ordinal));
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
}
