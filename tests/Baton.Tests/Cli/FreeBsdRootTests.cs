using System.Globalization;
using System.Text;
using System.Text.Json;
using Baton.Cli;
using Baton.Cli.Commands;
using Baton.Formats.DeviceTrees;
using Baton.Protocols.FreeBsd.LoaderConf;
using Baton.Tests.Formats;
using Baton.Tests.Protocols;

namespace Baton.Tests.Cli;

/// <summary>
/// FreeBSD roots on the command line: <c>--freebsd</c>, <c>inspect ROOT</c>, <c>kload</c>, and what can be wrong.
/// </summary>
public sealed class FreeBsdRootTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("baton-freebsd-root").FullName;

    public FreeBsdRootTests()
    {
        foreach ((string path, string text) in Machines.Trees.Pc())
        {
            Write($"PC/{path}", Encoding.UTF8.GetBytes(text));
        }

        WriteMachine("BOARD", Arm64Machines.Tree());
        Baton.Formats.DeviceTrees.DeviceTree halfway = Arm64Machines.Tree(isUefi: true);
        halfway.Root.Child("chosen")!.Remove("linux,uefi-mmap-desc-size");
        WriteMachine("UEFI", halfway);
        WriteMachine("NOTREE", null);
        Write("KERNEL", TestFreeBsd.Kernel());
        Write("ARM64", TestFreeBsd.Arm64Kernel());
        Write("MODULE", TestModules.Compile("foo", 1));
        WriteRoot("ROOT", "boot_serial=YES\nif x then\nfoo_load=YES\nbaz_load=YES\nmodule_blacklist=baz\nnone_load=YES\n");
        Write("ROOT/boot/modules/foo.ko", TestModules.Compile("foo", 1, "bar:1:1:1"));
        Write("ROOT/boot/modules/bar.ko", TestModules.Compile("bar", 1));
        Write("ROOT/etc/fstab", "/dev/ada0p2 / ufs rw 1 1\n"u8.ToArray());
        WriteRoot("NEEDY", "foo_load=YES\n");
        Write("NEEDY/boot/modules/foo.ko", TestModules.Compile("foo", 1, "bar:1:1:1"));
        Directory.CreateDirectory(Path.Join(_folder, "EMPTY"));
    }

    public static TheoryData<int, string> BadInput => Vectors.Lines("freebsd-bad-input.txt");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(BadInput))]
    public void What_is_wrong_is_one_sentence(int number, string vector)
    {
        string[] fields = [.. vector.Split(" | ").Select(field => field.Trim())];
        (int code, string output, string error) = Run(fields[0]);
        Assert.True(
            code == int.Parse(fields[1], CultureInfo.InvariantCulture), $"line {number}: status {code}, {error}{output}");
        Assert.Contains(fields[2], error, StringComparison.Ordinal);
        string[] lines = error.TrimEnd('\n').Split('\n');
        Assert.True(lines.Length == 1 || lines[1].EndsWith(": try --help", StringComparison.Ordinal), error);
        string name = fields[0].StartsWith("kload", StringComparison.Ordinal) ? "kload: " : "baton: ";
        Assert.StartsWith(name, error, StringComparison.Ordinal);
        Assert.Equal("", output);
    }

    [Fact]
    public void A_root_is_shown_with_file_and_line_of_each_setting()
    {
        (int code, string output, string error) = Run("inspect ROOT");
        Assert.True(code == ExitCode.Ok, error);
        Assert.Matches(@"/boot/kernel/kernel +yes +amd64 +FreeBSD 13\.0-TEST", output);
        Assert.Matches(@"foo +loaded +/boot/loader\.conf:3", output);
        Assert.Matches(@"baz +on module_blacklist +/boot/loader\.conf:4", output);
        Assert.Matches(@"none +missing +/boot/loader\.conf:6", output);
        Assert.Matches(@"boot_serial +YES +/boot/loader\.conf:1", output);
        Assert.Matches(@"hint\.uart\.0\.at +isa +/boot/device\.hints:1", output);
        Assert.Contains("/boot/modules/bar.ko", output, StringComparison.Ordinal);
        Assert.Contains("ufs:/dev/ada0p2", output, StringComparison.Ordinal);
        Assert.Contains("if x then", output, StringComparison.Ordinal);
        (code, output, error) = Run("inspect --json ROOT");
        Assert.True(code == ExitCode.Ok, error);
        using JsonDocument document = JsonDocument.Parse(output);
        JsonElement root = document.RootElement.GetProperty("images")[0];
        Assert.Equal("freebsd-root", root.GetProperty("kind").GetString());
        Assert.Contains(root.GetProperty("settings").EnumerateArray(), setting =>
            setting.GetProperty("name").GetString() == "boot_serial" && setting.GetProperty("line").GetInt32() == 1);
        Assert.Equal("ufs:/dev/ada0p2", root.GetProperty("fstab_root").GetString());
    }

    [Fact]
    public void Commands_of_a_root_are_shown_whether_they_would_run_or_not()
    {
        WriteRoot("ROOT", "foo_error=\"echo broken\"\nfoo_load=NO\nfoo_before=\"echo now\"\nfoo_after=\"\"\n");
        (int code, string output, string error) = Run("inspect ROOT");
        Assert.True(code == ExitCode.Ok, error);
        Assert.Matches(@"foo_before +echo now +/boot/loader\.conf:3", output);
        Assert.Matches(@"foo_error +echo broken +/boot/loader\.conf:1", output);
        Assert.DoesNotContain("foo_after", output, StringComparison.Ordinal);
        (_, output, _) = Run("inspect --json ROOT");
        using JsonDocument document = JsonDocument.Parse(output);
        Assert.Equal(
            ["foo_before 3", "foo_error 1"],
            document.RootElement.GetProperty("images")[0].GetProperty("commands").EnumerateArray().Select(
                command => $"{command.GetProperty("name").GetString()} {command.GetProperty("line").GetInt32()}"));
    }

    [Fact]
    public void Kload_shows_what_the_root_says_and_what_k_says_over_it()
    {
        (int code, string output, string error) = Run("kload -n -h ROOT -k boot_serial=NO -k a.b=c --machine PC");
        Assert.True(code == ExitCode.Ok, error);
        Assert.Contains("boot_serial=NO", output, StringComparison.Ordinal);
        Assert.Contains("a.b=c", output, StringComparison.Ordinal);
        Assert.Contains("vfs.root.mountfrom=ufs:/dev/ada0p2", output, StringComparison.Ordinal);
        Assert.Contains("hint.uart.0.at=isa", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Kload_helps_under_its_own_name_and_leaves_h_to_the_root()
    {
        (int code, string output, _) = Run("kload --help");
        Assert.Equal(ExitCode.Ok, code);
        foreach (string option in new[] { "-k <name=value>", "-h <root>", "-e", "-r", "-u", "-n" })
        {
            Assert.Contains(option, output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_kernel_s_options_are_flags_and_variables()
    {
        WriteRoot("ROOT", "kernel_options=\"-v probe=1\"\n");
        (int code, string output, string error) = Run("prove --freebsd ROOT --machine PC");
        Assert.True(code == ExitCode.Ok, output + error);
        Assert.Contains("0x800", output, StringComparison.Ordinal);
        (_, output, _) = Run("plan --freebsd ROOT --machine PC");
        Assert.Contains("probe=1", output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_arm64_root_is_proved_and_its_modules_are_found()
    {
        WriteRoot("ROOT", "foo_load=YES\n", TestFreeBsd.Arm64Kernel());
        Write("ROOT/boot/modules/foo.ko", TestModules.CompileArm64("foo", 1, "bar:1:1:1"));
        Write("ROOT/boot/modules/bar.ko", TestModules.CompileArm64("bar", 1));
        (int code, string output, string error) = Run("prove --freebsd ROOT --machine BOARD");
        Assert.True(code == ExitCode.Ok, output + error);
        Assert.Matches(@"Proof: (\d+) of \1 clauses hold", output);
        Assert.Contains(
            "/boot/modules/foo.ko elf module; /boot/modules/bar.ko elf module", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nextboot_enable=\"YES\"\nkernel=\"x\"\n", "nextboot_enable=\"NO\" \nkernel=\"x\"\n")]
    [InlineData("nextboot_enable=YES\nkernel=x\n", "nextboot_enable=\"NO\"\nkernel=x\n")]
    [InlineData("kernel=\"x\"\n", "nextboot_enable=\"NO\"\nkernel=\"x\"\n")]
    [InlineData("nextboot_enable=\"YES\"", "nextboot_enable=\"NO\" ")]
    public void The_next_boot_is_disabled_once(string before, string after)
    {
        string file = Write("nextboot.conf", Encoding.ASCII.GetBytes(before));
        using StringWriter error = new();
        NextBootFile nextBoot = new(file, Invocation.Environment(error, error));
        nextBoot.Disable();
        Assert.Equal(after, File.ReadAllText(file));

        // Its kernel has not been started, and will not be.
        nextBoot.PutBack(error);
        Assert.Equal(before, File.ReadAllText(file));
        nextBoot.Disable();
        Assert.Equal(before, File.ReadAllText(file));
        Assert.Equal("", error.ToString());
        Assert.Equal(after, Encoding.ASCII.GetString(NextBoot.Disable(Encoding.ASCII.GetBytes(after))));
    }

    [Fact]
    public void A_next_boot_that_cannot_be_written_is_told()
    {
        using StringWriter error = new();
        new NextBootFile(
            Path.Join(_folder, "none"), Invocation.Environment(error, error) with { Name = KloadCommand.Name }).Disable();
        Assert.StartsWith("kload: ", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("stays in force", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_plan_honours_the_next_boot_and_leaves_it_as_it_is()
    {
        const string text = "nextboot_enable=\"YES\"\nprobe=\"next\"\n";
        string file = Write("ROOT/boot/nextboot.conf", Encoding.ASCII.GetBytes(text));
        (int code, string output, string error) = Run("plan --freebsd ROOT --machine PC");
        Assert.True(code == ExitCode.Ok, error);
        Assert.Contains("probe=next", output, StringComparison.Ordinal);
        Assert.Equal(text, File.ReadAllText(file));
    }

    private void WriteRoot(string root, string loaderConf, byte[]? kernel = null)
    {
        Write($"{root}/boot/kernel/kernel", kernel ?? TestFreeBsd.Kernel());
        Write($"{root}/boot/loader.conf", Encoding.ASCII.GetBytes(loaderConf));
        Write($"{root}/boot/device.hints", "hint.uart.0.at=\"isa\"\n"u8.ToArray());
    }

    private void WriteMachine(string name, DeviceTree? tree)
    {
        foreach ((string path, byte[] bytes) in Arm64Machines.Files(tree))
        {
            Write($"{name}/{path}", bytes);
        }
    }

    private string Write(string name, byte[] bytes)
    {
        string path = Path.Join(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary>Runs a command line; words in capitals are files of this test, LONG is longer than a variable may be.</summary>
    private (int Code, string Output, string Error) Run(string line)
    {
        string[] words = [.. line.Split(' ').Select(word => word == "a=LONG" ? "a=" + new string('x', 200)
            : Path.Exists(Path.Join(_folder, word)) && word.All(char.IsAsciiLetterOrDigit) ? Path.Join(_folder, word)
            : word)];
        return words[0] == KloadCommand.Name
            ? Invocation.Run(words[1..], name: KloadCommand.Name)
            : Invocation.Run(words);
    }
}
