using System.Text;
using Baton.Cli;
using Baton.Tests.Formats;

namespace Baton.Tests.Cli;

/// <summary>Command lines that mean nothing: each is told in words and with the status of wrong usage.</summary>
public sealed class UsageTests : IDisposable
{
    private readonly RecordedMachine _machine = new();
    private readonly string _kernel;

    public UsageTests()
    {
        _kernel = _machine.Write("vmlinuz", TestImages.BzImage());
    }

    public void Dispose() => _machine.Dispose();

    [Theory]
    [InlineData("load KERNEL --command-line a --command-line b", "'--command-line'")]
    [InlineData("plan KERNEL --command-line a --command-line b --reuse-cmdline", "--command-line")]
    [InlineData("plan --freebsd a --freebsd b", "'--freebsd'")]
    [InlineData("plan KERNEL --freebsd a --freebsd b --strict", "'--freebsd'")]
    [InlineData("plan KERNEL --reuse-cmdline=perhaps", "'perhaps'")]
    [InlineData("plan KERNEL --strict=perhaps", "'perhaps'")]
    [InlineData("exec --no-sync --now=perhaps", "'perhaps'")]
    [InlineData("exec --no-sync=perhaps", "'perhaps'")]
    [InlineData("inspect KERNEL --extract a --extract b", "--extract")]
    [InlineData("kload -n --machine a --machine b", "'--machine'")]
    [InlineData("kload -n=perhaps", "'perhaps'")]
    [InlineData("kload -h a -h b", "'-h'")]
    public void An_option_that_is_given_twice_or_wrongly_is_a_usage_error(string line, string words) =>
        Refuses(line.Split(' '), words);

    [Theory]
    [InlineData("inspect ''", "FILE is given an empty name")]
    [InlineData("inspect KERNEL --extract vmlinux -o ''", "--output is given an empty name")]
    [InlineData("plan ''", "KERNEL is given an empty name")]
    [InlineData("plan KERNEL --initrd ''", "--initrd is given an empty name")]
    [InlineData("plan KERNEL --ramdisk ''", "--ramdisk is given an empty name")]
    [InlineData("plan KERNEL --dtb ''", "--dtb is given an empty name")]
    [InlineData("plan KERNEL --freebsd ''", "--freebsd is given an empty name")]
    [InlineData("plan KERNEL --module ''", "--module is given an empty name")]
    [InlineData("plan KERNEL --machine ''", "--machine is given an empty name")]
    [InlineData("load KERNEL --ca-file ''", "--ca-file is given an empty name")]
    [InlineData("machine --save ''", "--save is given an empty name")]
    [InlineData("pack KERNEL -o ''", "--output is given an empty name")]
    [InlineData("rehearse KERNEL --running ''", "--running is given an empty name")]
    [InlineData("step KERNEL --script ''", "--script is given an empty name")]
    [InlineData("kload -h ''", "-h is given an empty name")]
    public void An_empty_name_is_a_usage_error(string line, string words) =>
        Refuses(line.Split(' ').Select(word => word == "''" ? "" : word), words);

    [Theory]
    [InlineData("machine --save x.tar --json", "--json is for the report")]
    [InlineData("inspect KERNEL --force", "--force is for --extract")]
    [InlineData("load KERNEL --append x --decompress", "--decompress has nothing to unpack")]
    [InlineData("load KERNEL --append x --initrd KERNEL --ca-file KERNEL", "--ca-file has no server to judge")]
    [InlineData("load KERNEL --append x --initrd - --ca-file KERNEL", "--ca-file has no server to judge")]
    [InlineData("run KERNEL --append x --carrier kexec-load --pin mlock", "--pin is for pages of this process")]
    [InlineData("rehearse KERNEL --append x --running KERNEL --pin mlock", "--pin is rehearsed with --carrier gather")]
    [InlineData("rehearse KERNEL --append x --running KERNEL --dtb KERNEL", "--dtb is for Linux on arm64")]
    public void An_option_with_nothing_to_act_on_is_a_usage_error(string line, string words) => Refuses(line.Split(' '), words);

    [Fact]
    public void Words_that_cannot_be_written_do_not_change_the_status()
    {
        using FullDisk full = new();
        Assert.Equal(
            ExitCode.Usage, Application.Run(["nosuch"], Invocation.Environment(TextWriter.Null, full)));
        Assert.Equal(
            ExitCode.NoInput, Application.Run(["plan", "/none/such"], Invocation.Environment(TextWriter.Null, full)));
    }

    private void Refuses(IEnumerable<string> line, string words)
    {
        string[] arguments = [.. line.Select(word => word == "KERNEL" ? _kernel : word)];
        bool isKload = arguments[0] == "kload";
        (int code, string output, string error) = isKload
            ? Invocation.Run(arguments[1..], name: "kload")
            : Invocation.Run(arguments);
        Assert.True(code == ExitCode.Usage, $"status {code}: {error}");
        Assert.Contains(words, error, StringComparison.Ordinal);
        Assert.Equal("", output);
    }

    /// <summary>What /dev/full is as standard error.</summary>
    private sealed class FullDisk : TextWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => throw new IOException("No space left on device");
    }
}
