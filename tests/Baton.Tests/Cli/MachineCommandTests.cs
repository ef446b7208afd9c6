using System.Text.Json;
using Baton.Cli;

namespace Baton.Tests.Cli;

public sealed class MachineCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("baton-machine-test").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Shows_a_recorded_machine_as_text_and_as_json()
    {
        foreach ((string path, string text) in Machines.Trees.Pc())
        {
            string full = Path.Join(_folder, "pc", path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllText(full, text);
        }

        string folder = Path.Join(_folder, "pc");
        string record = Path.Join(_folder, "pc.tar");
        Assert.Equal((ExitCode.Ok, ""), Run(out string error, "machine", "--machine", folder, "--save", record));
        Assert.Contains("firmware-memory-fallback", error, StringComparison.Ordinal);

        (int code, string text2) = Run(out _, "machine", "--machine", record);
        Assert.Equal(ExitCode.Ok, code);
        Assert.Contains("[0x100000, 0x40000000)", text2, StringComparison.Ordinal);
        Assert.Contains("kexec_load", text2, StringComparison.Ordinal);

        (code, string json) = Run(out _, "machine", "--machine", record, "--json");
        Assert.Equal(ExitCode.Ok, code);
        using JsonDocument document = JsonDocument.Parse(json);
        Assert.Equal("amd64", document.RootElement.GetProperty("architecture").GetString());
    }

    [Fact]
    public void Failures_have_one_sentence_and_a_status()
    {
        Assert.Equal((ExitCode.NoInput, ""), Run(out string error, "machine", "--machine", "/none/such"));
        Assert.Equal("baton: /none/such: no such machine record\n", error);

        string junk = Path.Join(_folder, "junk");
        File.WriteAllText(junk, new string('x', 2000));
        Assert.Equal((ExitCode.DataError, ""), Run(out error, "machine", "--machine", junk));
        Assert.Contains("this is no whole tar archive", error, StringComparison.Ordinal);

        Assert.Equal((ExitCode.CannotCreate, ""), Run(out error, "machine", "--save", "/none/such/file.tar"));
        Assert.Contains("/none/such/file.tar", error, StringComparison.Ordinal);

        Assert.Equal((ExitCode.CannotCreate, ""), Run(out error, "machine", "--save", "/dev/null"));
        Assert.Contains("/dev/null: cannot be written: it is a character device", error, StringComparison.Ordinal);
    }

    private static (int Code, string Output) Run(out string error, params string[] arguments)
    {
        (int code, string output, error) = Invocation.Run(arguments);
        return (code, output);
    }
}
