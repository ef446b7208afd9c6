using System.Text;
using Baton.Cli;
using Baton.Tests.Formats;

namespace Baton.Tests.Cli;

/// <summary>Passwords and passphrases reach the kernel, and nothing that people read.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class FreeBsdSecretsTests : IDisposable
{
    private const string Secret = "hunter2";

    private readonly RecordedMachine _machine = new();
    private readonly string _root;

    public FreeBsdSecretsTests()
    {
        _machine.Write("root/boot/kernel/kernel", TestFreeBsd.Kernel());
        _machine.Write("root/boot/loader.conf", Encoding.ASCII.GetBytes(
            $"password=\"{Secret}\"\nbootlock_Password={Secret}\ngeli.passphrase='{Secret}'\na=visible\n"));
        _root = Path.Join(_machine.Folder, "root");
    }

    public void Dispose() => _machine.Dispose();

    [Theory]
    [InlineData("plan")]
    [InlineData("plan --json")]
    [InlineData("prove")]
    public void Plans_mask_them(string command)
    {
        (int code, string output, string error) = _machine.Run(
            [.. command.Split(' '), "--freebsd", _root, "--env", $"kern.geom.eli.passphrase={Secret}"]);
        Assert.True(code == ExitCode.Ok, error);
        Assert.DoesNotContain(Secret, output + error, StringComparison.Ordinal);
        Assert.True(command == "prove" || output.Contains("kern.geom.eli.passphrase=********", StringComparison.Ordinal), output);
    }

    [Theory]
    [InlineData("inspect")]
    [InlineData("inspect --json")]
    public void Roots_mask_them(string command)
    {
        (int code, string output, string error) = Invocation.Run([.. command.Split(' '), _root]);
        Assert.True(code == ExitCode.Ok, error);
        Assert.DoesNotContain(Secret, output + error, StringComparison.Ordinal);
        Assert.Contains("visible", output, StringComparison.Ordinal);
        Assert.Contains("geli.passphrase=********", output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_kernel_is_given_them()
    {
        string pack = Path.Join(_machine.Folder, "handoff");
        (int code, _, string error) = _machine.Run("pack", "--freebsd", _root, "-o", pack);
        Assert.True(code == ExitCode.Ok, error);
        Assert.Contains($"password={Secret}", Encoding.Latin1.GetString(File.ReadAllBytes(pack)), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_record_of_what_is_loaded_is_its_writer_s_alone()
    {
        string folder = Path.Join(_machine.Folder, "run");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Join(folder, "loaded.json.new"), "left behind");
        for (int i = 0; i < 2; i++)
        {
            LoadedRecord.Write(
                new LoadedRecord
                {
                    Kernel = "kernel", Version = "", CommandLine = "a=b", Carrier = "kexec-load", Initrds = [],
                    Time = DateTimeOffset.UnixEpoch,
                },
                folder);
            string file = Assert.Single(Directory.GetFiles(folder));
            Assert.Equal("loaded.json", Path.GetFileName(file));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            Assert.Contains("a=b", File.ReadAllText(file), StringComparison.Ordinal);
        }
    }
}
