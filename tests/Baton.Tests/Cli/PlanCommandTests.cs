using System.Text.Json;
using System.Text.RegularExpressions;
using Baton.Cli;
using Baton.Tests.Formats;
using Baton.Tests.Machines;

namespace Baton.Tests.Cli;

/// <summary><c>baton plan</c> for a recorded machine: no root, no kexec, every failure a sentence and a status.</summary>
public sealed class PlanCommandTests : IDisposable
{
    private readonly RecordedMachine _machine = new();
    private readonly string _kernel;

    public PlanCommandTests()
    {
        _kernel = _machine.Write("vmlinuz", TestImages.BzImage());
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void A_plan_as_JSON_has_what_scripts_ask_for()
    {
        string initrd = _machine.Write("initrd", new byte[5000]);
        (int code, string output, string _) = _machine.Run(
            "plan", _kernel, "--initrd", initrd, "--reuse-cmdline", "--append", "quiet", "--json");
        Assert.Equal(ExitCode.Ok, code);
        using JsonDocument document = JsonDocument.Parse(output);
        JsonElement plan = document.RootElement;
        Assert.Equal("Linux/x86 64-bit", plan.GetProperty("protocol").GetString());
        Assert.Equal("console=ttyS0 root=/dev/sda1 quiet", plan.GetProperty("command_line").GetString());
        Assert.Equal("0x1000200", plan.GetProperty("kernel_entry").GetString());
        Assert.Equal("kexec-load", plan.GetProperty("carrier").GetProperty("name").GetString());
        Assert.Equal(
            ["boot_params", "trampoline", "kernel", "initrd"],
            plan.GetProperty("segments").EnumerateArray().Select(s => s.GetProperty("name").GetString()));
        Assert.NotEmpty(plan.GetProperty("memory_next").EnumerateArray());
        Assert.NotEmpty(plan.GetProperty("memory_now").EnumerateArray());
    }

    /// <summary>A plan is for load, which cannot gather: the process ends.</summary>
    [Fact]
    public void What_only_run_can_do_a_plan_names_with_the_figures()
    {
        string initrd = _machine.Write("initrd", new byte[64 << 20]);
        _machine.WriteRecord("proc/meminfo", "MemTotal: 120000 kB\nMemFree: 80000 kB\nMemAvailable: 110000 kB\n");
        (int code, string output, string _) = _machine.Run("plan", _kernel, "--append", "quiet", "--initrd", initrd);
        Assert.Equal(ExitCode.Ok, code);
        Assert.Contains("half-of-ram", output, StringComparison.Ordinal);
        Assert.Matches(
            "gathered, this image takes one copy in memory: kexec_load refuses more than half of RAM, 58 MiB; "
            + @"image \d+ MiB, available 107 MiB, peak by kexec_load \d+ MiB, gathered \d+ MiB; "
            + "\"baton run --now\" would gather it",
            Regex.Replace(output, @"\s+", " "));
        (_, output, _) = _machine.Run(
            "plan", _kernel, "--append", "quiet", "--initrd", initrd, "--carrier", "kexec-load");
        Assert.DoesNotContain("would gather", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plan_warns_of_a_watchdog_that_counts()
    {
        _machine.WriteRecord("sys/class/watchdog/watchdog0/state", "active\n");
        (int code, string output, string _) = _machine.Run("plan", _kernel, "--append", "quiet");
        Assert.Equal(ExitCode.Ok, code);
        Assert.Contains("watchdog-armed", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plan_for_people_names_segments_reasons_and_the_command_line()
    {
        (int code, string output, string error) = _machine.Run("plan", _kernel, "--command-line", "root=/dev/vda ro");
        Assert.Equal((ExitCode.Ok, ""), (code, error));
        Assert.Contains(TestImages.Version, output, StringComparison.Ordinal);
        Assert.Contains("its preferred address", output, StringComparison.Ordinal);
        Assert.Contains("command line      root=/dev/vda ro", output, StringComparison.Ordinal);
        Assert.Contains("memory as the next kernel is told", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--carrier kexec-file-load --place initrd=0x2000000", "kexec_file_load cannot honour --place initrd")]
    [InlineData("--append x", "")]
    public void What_the_carrier_cannot_honour_is_named(string options, string sentence)
    {
        (int code, string output, string _) = _machine.Run(["plan", _kernel, "--initrd", _kernel, .. options.Split(' ')]);
        Assert.Equal(ExitCode.Ok, code);
        Assert.Contains(sentence, output, StringComparison.Ordinal);
        Assert.Equal(sentence.Length > 0, output.Contains("cannot be loaded here", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("hypervisor sev", null)]
    [InlineData("hypervisor", "cpuid_8000001f_eax=0x2\n")]
    public void In_a_guest_with_SEV_only_the_running_kernel_crosses(string flags, string? answer)
    {
        _machine.WriteRecord("proc/cpuinfo", Trees.CpuInfo.Replace(": fpu", $": {flags} fpu", StringComparison.Ordinal));
        if (answer is not null)
        {
            _machine.WriteRecord(Baton.Machines.RecordPaths.Sev, answer);
        }

        string output = _machine.Run("plan", _kernel).Output;
        Assert.Contains("kexec_load would not be right: memory is encrypted by SEV", output, StringComparison.Ordinal);
        Assert.DoesNotContain("encrypted-memory", output, StringComparison.Ordinal);
        Assert.DoesNotContain("cannot be loaded here", output, StringComparison.Ordinal);
        foreach (string carrier in (string[])["kexec-load", "gather", "pack"])
        {
            output = _machine.Run("plan", _kernel, "--carrier", carrier).Output;
            Assert.Contains("only --carrier kexec-file-load crosses there", output, StringComparison.Ordinal);
        }

        string pack = Path.Join(_machine.Folder, "pack");
        (int code, string _, string error) = _machine.Run("pack", _kernel, "--append", "x", "-o", pack);
        Assert.Equal((ExitCode.Unavailable, false), (code, File.Exists(pack)));
        Assert.Contains("memory is encrypted by SEV", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_guest_that_may_be_encrypted_unseen_a_plan_says_so()
    {
        _machine.WriteRecord("proc/cpuinfo", Trees.CpuInfo
            .Replace("GenuineIntel", "AuthenticAMD", StringComparison.Ordinal)
            .Replace(": fpu", ": hypervisor fpu", StringComparison.Ordinal));
        Assert.Contains("[encryption-not-told]", Plan("kexec-load"), StringComparison.Ordinal);
        Assert.DoesNotContain("encryption-not-told", Plan("kexec-file-load"), StringComparison.Ordinal);

        string Plan(string carrier) => _machine.Run("plan", _kernel, "--carrier", carrier).Output;
    }

    [Fact]
    public void A_unified_kernel_image_brings_its_own_company()
    {
        string uki = _machine.Write("uki.efi", TestImages.Uki(TestImages.BzImage(), Baton.Formats.Pe.PeMachine.X64));
        (int code, string output, string error) = _machine.Run("plan", uki, "--append", "more");
        Assert.True(code == ExitCode.Ok, error);
        Assert.Contains("console=ttyAMA0 quiet more", output, StringComparison.Ordinal);
        Assert.Contains("initrd", output, StringComparison.Ordinal);
        Assert.Contains("takes no device tree", output, StringComparison.Ordinal);
        Assert.DoesNotContain("section .ucode", output, StringComparison.Ordinal);
        (code, output, error) = _machine.Run("prove", uki);
        Assert.True(code == ExitCode.Ok, output + error);
    }

    [Fact]
    public void A_unified_kernel_image_is_taken_by_its_first_profile()
    {
        string uki = _machine.Write("uki.efi", TestPe.Build(
            Baton.Formats.Pe.PeMachine.X64,
            (".linux", TestImages.BzImage()), (".cmdline", "line-a"u8.ToArray()), (".pcrsig", [1]),
            (".profile", "ID=main\n"u8.ToArray()), (".cmdline", "line-b"u8.ToArray()), (".splash", [1]),
            (".profile", "ID=reset\n"u8.ToArray()), (".cmdline", "line-c"u8.ToArray()), (".efifw", [1])));
        (int code, string output, string error) = _machine.Run("plan", uki);
        Assert.True(code == ExitCode.Ok, error);
        Assert.Contains("line-b", output, StringComparison.Ordinal);
        Assert.DoesNotContain("line-a", output, StringComparison.Ordinal);
        Assert.DoesNotContain("line-c", output, StringComparison.Ordinal);
        Assert.Contains("the first (main) is taken", output, StringComparison.Ordinal);
        Assert.Contains("section .pcrsig of", output, StringComparison.Ordinal);
        Assert.Contains("section .splash of", output, StringComparison.Ordinal);
        Assert.DoesNotContain("section .efifw of", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("plan KERNEL --place initrd", ExitCode.Usage, "expected SEGMENT=ADDRESS")]
    [InlineData("plan KERNEL --place moon=0x1000", ExitCode.Usage, "kernel, initrd, ramdisk, boot_params, trampoline")]
    [InlineData("plan KERNEL --place initrd=0xzz", ExitCode.Usage, "is not an address")]
    [InlineData("plan KERNEL --place initrd=1 --place initrd=2", ExitCode.Usage, "two addresses for initrd")]
    [InlineData("plan KERNEL --reuse-cmdline --command-line x", ExitCode.Usage, "give one of them")]
    [InlineData("plan KERNEL --no-such-option", ExitCode.Usage, "--no-such-option")]
    [InlineData("plan", ExitCode.Usage, "Required argument")]
    [InlineData("plan /none/such", ExitCode.NoInput, "/none/such")]
    [InlineData("plan KERNEL --initrd /none/such", ExitCode.NoInput, "/none/such")]
    [InlineData("plan KERNEL --initrd FOLDER", ExitCode.IoError, "directory")]
    [InlineData("plan EMPTY", ExitCode.DataError, "EMPTY")]
    [InlineData("plan TRUNCATED", ExitCode.DataError, "syssize")]
    [InlineData("plan OLD", ExitCode.DataError, "2.04")]
    [InlineData("plan NO64", ExitCode.DataError, "XLF_KERNEL_64")]
    [InlineData("plan UKI --dtb UKI", ExitCode.Usage, "--dtb is for Linux on arm64")]
    [InlineData("plan IMAGE", ExitCode.DataError, "an arm64 kernel, and the machine is X64")]
    [InlineData("plan KERNEL --place kernel=0x1100000", ExitCode.DataError, "kernel_alignment")]
    [InlineData("plan KERNEL --place kernel=0x800000", ExitCode.DataError, "pref_address")]
    [InlineData("plan KERNEL --initrd HUGE", ExitCode.Unavailable, "no place for \"initrd\"")]
    public void Every_failure_is_one_sentence_and_a_status(string line, int status, string words)
    {
        byte[] image = TestImages.BzImage();
        byte[] old = TestImages.BzImage();
        Baton.Formats.BzImage.SetupFields.Version.Write(old, 0x204);
        byte[] no64 = TestImages.BzImage();
        Baton.Formats.BzImage.SetupFields.Xloadflags.Write(no64, 0);
        Dictionary<string, string> files = new()
        {
            ["KERNEL"] = _kernel,
            ["FOLDER"] = _machine.Folder,
            ["EMPTY"] = _machine.Write("EMPTY", []),
            ["TRUNCATED"] = _machine.Write("TRUNCATED", image[..(image.Length - 100)]),
            ["OLD"] = _machine.Write("OLD", old),
            ["NO64"] = _machine.Write("NO64", no64),
            ["UKI"] = _machine.Write("UKI", TestImages.Uki(image, Baton.Formats.Pe.PeMachine.X64)),
            ["IMAGE"] = _machine.Write("IMAGE", TestImages.Arm64Image()),
            ["HUGE"] = Path.Join(_machine.Folder, "HUGE"),
        };
        using (FileStream huge = File.Create(files["HUGE"]))
        {
            huge.SetLength(2L << 30);
        }

        (int code, string output, string error) = _machine.Run(
            [.. line.Split(' ').Select(word => files.GetValueOrDefault(word, word))]);
        Assert.True(code == status, $"status {code}, expected {status}: {error}");
        Assert.Contains(words, error, StringComparison.Ordinal);
        Assert.Equal("", output);
        Assert.All(
            error.TrimEnd('\n').Split('\n'), sentence => Assert.StartsWith("baton: ", sentence, StringComparison.Ordinal));
    }

    [Fact]
    public void A_machine_whose_addresses_are_hidden_is_not_planned_for()
    {
        _machine.WriteRecord("proc/iomem", "00000000-00000000 : System RAM\n00000000-00000000 : Reserved\n");
        (int code, string output, string error) = _machine.Run("plan", _kernel, "--append", "x");
        Assert.Equal((ExitCode.NoPermission, ""), (code, output));
        Assert.Contains("zeros in place of addresses", error, StringComparison.Ordinal);
        Assert.Contains("run as root", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("@/etc/passwd")]
    [InlineData("-- init=/bin/sh")]
    [InlineData("--foo --bar=1")]
    [InlineData("a=\"b c\" d")]
    public void A_command_line_is_taken_as_it_stands(string text)
    {
        (int code, string output, string error) = _machine.Run("plan", _kernel, "--command-line", text, "--json");
        Assert.True(code == ExitCode.Ok, error);
        using JsonDocument document = JsonDocument.Parse(output);
        Assert.Equal(text, document.RootElement.GetProperty("command_line").GetString());
    }
}
