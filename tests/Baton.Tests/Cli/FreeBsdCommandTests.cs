using System.Text;
using System.Text.Json;
using Baton.Cli;
using Baton.Tests.Formats;

namespace Baton.Tests.Cli;

/// <summary><c>baton inspect</c>, <c>plan</c> and <c>prove</c> for FreeBSD kernels, from files and from a FreeBSD root.</summary>
public sealed class FreeBsdCommandTests : IDisposable
{
    private readonly RecordedMachine _machine = new();
    private readonly string _kernel;

    public FreeBsdCommandTests()
    {
        _kernel = _machine.Write("kernel", TestFreeBsd.Kernel());
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void A_kernel_with_modules_is_planned_and_proved()
    {
        string module = _machine.Write("if_foo.ko", TestModules.Compile("if_foo", 1));
        string disk = _machine.Write("mfsroot.img", new byte[5000]);
        string[] options =
        [
            _kernel, "--module", module, "--module", $"{disk}:md_image", "--env", "vfs.root.mountfrom=ufs:/dev/md0",
            "--boot-flags", "-sv",
        ];
        (int code, string output, string error) = _machine.Run(["prove", .. options]);
        Assert.True(code == ExitCode.Ok, output + error);
        Assert.Matches(@"Proof: (\d+) of \1 clauses hold", output);
        Assert.Contains("if_foo.ko elf obj module", output, StringComparison.Ordinal);
        Assert.Contains("0x802", output, StringComparison.Ordinal);
        (code, output, error) = _machine.Run(["plan", .. options, "--json"]);
        Assert.True(code == ExitCode.Ok, error);
        using JsonDocument document = JsonDocument.Parse(output);
        Assert.Equal("FreeBSD/amd64", document.RootElement.GetProperty("protocol").GetString());
        Assert.Equal($"0x{TestFreeBsd.Entry:x}", document.RootElement.GetProperty("kernel_entry").GetString());
    }

    [Fact]
    public void Packed_files_are_unpacked_and_the_command_line_is_the_loader_s()
    {
        (int code, string output, string error) = _machine.Run(
            "prove", _machine.Write("kernel.gz", TestImages.Gzip(TestFreeBsd.Kernel())),
            "--module", _machine.Write("foo.ko.gz", TestImages.Gzip(TestModules.Compile("foo", 1))),
            "--module", _machine.Write("mfsroot.gz", TestImages.Gzip(new byte[5000])) + ":md_image",
            "--module", _machine.Write("other.gz", TestImages.Gzip(new byte[5000])) + ":other",
            "--command-line", "-s name -S9600", "--append", "a=b");
        Assert.True(code == ExitCode.Ok, output + error);
        Assert.Matches(@"/foo\.ko elf obj module; \S*/mfsroot md_image; \S*/other\.gz other", output);
        Assert.Contains("0x2", output, StringComparison.Ordinal);
        (code, output, error) = _machine.Run("plan", _kernel, "--json", "--command-line", "-s name -S9600", "--append", "a=b");
        Assert.True(code == ExitCode.Ok, error);
        Assert.Contains("name=1 comconsole_speed=9600 a=b kernelname=", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("root/boot", "root")]
    [InlineData("boot", "boot")]
    public void A_root_is_handed_over_to(string boot, string root)
    {
        _machine.Write($"{boot}/kernel/kernel", TestFreeBsd.Kernel(relocatable: false));
        _machine.Write($"{boot}/kernel/foo.ko", TestModules.Compile("foo", 1, "bar:1:1:1"));
        _machine.Write($"{boot}/modules/bar.ko", TestModules.Compile("bar", 1));
        _machine.Write($"{boot}/mfsroot", new byte[100]);
        _machine.Write($"{boot}/device.hints", "hint.uart.0.at=\"isa\"\n"u8.ToArray());
        _machine.Write($"{boot}/loader.conf", Encoding.ASCII.GetBytes(
            "foo_load=YES\nmfs_load=YES\nmfs_type=\"md_image\"\nmfs_name=\"/boot/mfsroot\"\nboot_serial=YES\nbad line\n"));
        (int code, string output, string error) = _machine.Run(
            "prove", "--freebsd", Path.Join(_machine.Folder, root), "--env", "boot_verbose=YES");
        Assert.True(code == ExitCode.Ok, output + error);
        Assert.Contains(
            "/boot/kernel/foo.ko elf obj module; /boot/modules/bar.ko elf obj module; /boot/mfsroot md_image",
            output,
            StringComparison.Ordinal);
        Assert.Contains("0x1800", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Kernels_and_modules_are_inspected()
    {
        (int code, string output, string error) = Invocation.Run(["inspect", _kernel]);
        Assert.True(code == ExitCode.Ok, error);
        Assert.Contains(TestFreeBsd.Version, output, StringComparison.Ordinal);
        Assert.Contains("relocatable (kernphys)", output, StringComparison.Ordinal);
        (code, output, error) = Invocation.Run(["inspect", _machine.Write("foo.ko", TestModules.Compile("foo", 4, "usb:1:1:2"))]);
        Assert.True(code == ExitCode.Ok, error);
        Assert.Contains("foo 4", output, StringComparison.Ordinal);
        Assert.Contains("usb 1 to 2, rather 1", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("plan", ExitCode.Usage, "--freebsd ROOT")]
    [InlineData("plan KERNEL --reuse-cmdline", ExitCode.Usage, "cannot use Linux's command line")]
    [InlineData("plan KERNEL --command-line -Sfast", ExitCode.DataError, "expected a speed in baud")]
    [InlineData("plan KERNEL --append -x", ExitCode.DataError, "found 'x'")]
    [InlineData("plan KERNEL --initrd KERNEL", ExitCode.Usage, "takes no --initrd")]
    [InlineData("plan KERNEL --boot-flags -sx", ExitCode.DataError, "found 'x'")]
    [InlineData("plan KERNEL --module NEEDY", ExitCode.DataError, "needy.ko, and neither the kernel nor")]
    [InlineData("plan KERNEL --module KERNEL", ExitCode.DataError, "expected a FreeBSD kernel module")]
    [InlineData("plan KERNEL --place kernel=0x400000", ExitCode.Usage, "no such segment")]
    [InlineData("plan BZIMAGE --env a=b", ExitCode.Usage, "--env is for FreeBSD kernels")]
    [InlineData("plan --freebsd EMPTY", ExitCode.Usage, "no kernel \"kernel\"; there are: none")]
    public void Every_failure_is_one_sentence_and_a_status(string line, int status, string words)
    {
        Directory.CreateDirectory(Path.Join(_machine.Folder, "empty"));
        Dictionary<string, string> files = new()
        {
            ["KERNEL"] = _kernel,
            ["BZIMAGE"] = _machine.Write("BZIMAGE", TestImages.BzImage()),
            ["NEEDY"] = _machine.Write(
                "needy.ko", TestModules.Compile("needy", 1, "usb:1:1:2", "kernel:1300000:1300000:1399999")),
            ["EMPTY"] = Path.Join(_machine.Folder, "empty"),
        };
        (int code, _, string error) = _machine.Run([.. line.Split(' ').Select(word => files.GetValueOrDefault(word, word))]);
        Assert.True(code == status, $"{code}: {error}");
        Assert.Contains(words, error, StringComparison.Ordinal);
    }
}
