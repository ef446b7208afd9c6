using System.Text;
using System.Text.Json;
using Baton.Cli;
using Baton.Tests.Formats;

namespace Baton.Tests.Cli;

/// <summary>Which kernel of a FreeBSD root is handed over to, with which modules and variables, and who says so.</summary>
public sealed class FreeBsdChoiceTests : IDisposable
{
    private readonly RecordedMachine _machine = new();
    private readonly string _root;

    public FreeBsdChoiceTests()
    {
        _root = Path.Join(_machine.Folder, "root");
        foreach (string kernel in new[] { "kernel", "kernel.old" })
        {
            _machine.Write($"root/boot/{kernel}/kernel", TestFreeBsd.Kernel());
            _machine.Write($"root/boot/{kernel}/foo.ko", TestModules.Compile("foo", 1));
        }

        _machine.Write("root/boot/modules/bar.ko", TestModules.Compile("bar", 1));
        WriteConf("foo_load=YES\n");
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void The_kernel_s_directory_comes_first_on_its_module_path()
    {
        string[] words = Plan("--freebsd", _root);
        Assert.Contains("module_path=/boot/kernel;/boot/modules", words);
        Assert.Contains("kernelname=/boot/kernel/kernel", words);
        WriteConf("kernel=kernel.old\nmodule_path=\"/boot/modules;/boot/dtb;/boot/kernel.old\"\n");
        Assert.Contains("module_path=/boot/kernel.old;/boot/modules;/boot/dtb", Plan("--freebsd", _root));
    }

    [Fact]
    public void A_module_path_of_the_user_s_stays()
    {
        Assert.Contains("module_path=/boot/mine", Plan("--freebsd", _root, "--env", "module_path=/boot/mine"));
    }

    [Fact]
    public void A_module_path_that_is_too_long_is_told_of()
    {
        WriteConf($"module_path=\"/boot/{new string('x', 118)}\"\n");
        Assert.Contains(
            "module_path: with /boot/kernel in front it is longer", Run("plan", "--freebsd", _root), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kernel", "/boot/kernel;/boot/modules")]
    [InlineData("kernel.old", "/boot/kernel.old;/boot/kernel;/boot/modules")]
    [InlineData("link", "/boot/link;/boot/kernel;/boot/modules")]
    [InlineData("../boot/kernel.old", "/boot/kernel.old;/boot/kernel;/boot/modules")]
    public void A_kernel_of_the_root_gets_the_modules_beside_it(string folder, string modulePath)
    {
        File.CreateSymbolicLink(Path.Join(_root, "boot/link"), "kernel.old");
        string[] words = Plan($"{_root}/boot/{folder}/kernel", "--freebsd", _root);
        Assert.Contains($"module_path={modulePath}", words);
        Assert.Contains($"kernelname={modulePath.Split(';')[0]}/kernel", words);
    }

    [Fact]
    public void A_kernel_of_a_root_without_a_default_one_is_enough()
    {
        Directory.Delete(Path.Join(_root, "boot/kernel"), recursive: true);
        string kernel = Path.Join(_root, "boot/kernel.old/kernel");
        Assert.Contains("/boot/kernel.old/foo.ko elf", Run("prove", kernel, "--freebsd", _root), StringComparison.Ordinal);
        Assert.DoesNotContain("does not lie in", Run("plan", kernel, "--freebsd", _root), StringComparison.Ordinal);
    }

    [Fact]
    public void A_kernel_of_elsewhere_is_told_whose_modules_it_gets()
    {
        string kernel = _machine.Write("kernel", TestFreeBsd.Kernel());
        string output = Run("plan", kernel, "--freebsd", _root);
        Assert.Contains($"{kernel} does not lie in {_root}", output, StringComparison.Ordinal);
        Assert.Contains("/boot/kernel/foo.ko elf", Run("prove", kernel, "--freebsd", _root), StringComparison.Ordinal);
    }

    [Fact]
    public void The_user_s_variables_choose_kernel_and_modules()
    {
        string[] words = Plan("--freebsd", _root, "--env", "kernel=kernel.old");
        Assert.Contains("kernelname=/boot/kernel.old/kernel", words);
        Assert.Contains("module_path=/boot/kernel.old;/boot/kernel;/boot/modules", words);
        Assert.Contains("kernelname=/boot/kernel.old/kernel", Plan("--freebsd", _root, "--append", "kernel=kernel.old"));
        string output = Run("prove", "--freebsd", _root, "--env", "bar_load=YES", "--env", "foo_load=NO");
        Assert.Contains("/boot/modules/bar.ko elf", output, StringComparison.Ordinal);
        Assert.DoesNotContain("foo.ko", output, StringComparison.Ordinal);
        Assert.Contains("foo.ko", Run("prove", "--freebsd", _root), StringComparison.Ordinal);
        output = Run("prove", "--freebsd", _root, "--env", "module_blacklist=foo");
        Assert.DoesNotContain("foo.ko", output, StringComparison.Ordinal);
        Assert.Contains("0x800", Run("prove", "--freebsd", _root, "--env", "kernel_options=-v"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--env kernel=none", ExitCode.Usage, "no kernel \"none\"; there are: kernel, kernel.old")]
    [InlineData("--env loader_conf_files=/x", ExitCode.Usage, "its own files say")]
    [InlineData("--env nextboot_enable=NO", ExitCode.Usage, "its own files say")]
    [InlineData("--env kernel_options=-x", ExitCode.DataError, "found 'x'")]
    [InlineData("--env =x", ExitCode.DataError, "expected name=value")]
    public void What_the_user_says_wrongly_is_refused(string options, int status, string words)
    {
        (int code, _, string error) = _machine.Run(["plan", "--freebsd", _root, .. options.Split(' ')]);
        Assert.True(code == status, $"{code}: {error}");
        Assert.Contains(words, error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_files_say_wrongly_is_passed_over_and_told_of()
    {
        string longValue = new('x', 130);
        WriteConf($"kernel_options=\"-vx -Sfast =y a=1 b={longValue[..90]}\"\nc=\"{longValue}\"\n");
        string output = Run("plan", "--freebsd", _root);
        foreach (string words in new[] { "found 'x'", "\"-Sfast\"", "\"=y\"", "loader.conf:2: c: " })
        {
            Assert.Contains(words, output, StringComparison.Ordinal);
        }

        Assert.Contains("0x800", Run("prove", "--freebsd", _root), StringComparison.Ordinal);
        Assert.Contains("a=1", Plan("--freebsd", _root));
    }

    [Theory]
    [InlineData("pack")]
    [InlineData("plan --carrier pack")]
    public void A_pack_leaves_the_next_boot_out_and_says_so(string command)
    {
        const string text = "nextboot_enable=\"YES\"\nkernel=\"kernel.old\"\n";
        string file = _machine.Write("root/boot/nextboot.conf", Encoding.ASCII.GetBytes(text));
        string[] output = command == "pack" ? ["-o", Path.Join(_machine.Folder, "handoff")] : [];
        (int code, string told, string error) = _machine.Run([.. command.Split(' '), "--freebsd", _root, .. output]);
        Assert.True(code == ExitCode.Ok, error);
        Assert.Contains("/boot/nextboot.conf is in force and is left out", told + error, StringComparison.Ordinal);
        Assert.DoesNotContain("/boot/kernel.old", told, StringComparison.Ordinal);
        Assert.Equal(text, File.ReadAllText(file));
        Assert.Contains("kernelname=/boot/kernel.old/kernel", Plan("--freebsd", _root));
    }

    private void WriteConf(string text) => _machine.Write("root/boot/loader.conf", Encoding.ASCII.GetBytes(text));

    private string Run(params string[] arguments)
    {
        (int code, string output, string error) = _machine.Run(arguments);
        Assert.True(code == ExitCode.Ok, error + output);
        return output;
    }

    /// <summary>The variables of a plan.</summary>
    private string[] Plan(params string[] arguments)
    {
        using JsonDocument document = JsonDocument.Parse(Run(["plan", "--json", .. arguments]));
        return document.RootElement.GetProperty("command_line").GetString()!.Split(' ');
    }
}
