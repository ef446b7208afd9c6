using System.Text;
using Baton.Formats.DeviceTrees;
using Baton.Tests.Machines;
using Baton.Tests.Protocols;

namespace Baton.Tests.Cli;

/// <summary>A folder with a machine's record and the files of a test, and commands for that machine.</summary>
internal sealed class RecordedMachine : IDisposable
{
    /// <summary>A PC with a BIOS.</summary>
    public RecordedMachine()
        : this(Trees.Pc().ToDictionary(file => file.Key, file => Encoding.UTF8.GetBytes(file.Value)))
    {
    }

    /// <summary>A machine of these files.</summary>
    public RecordedMachine(IReadOnlyDictionary<string, byte[]> files) => Replace(files);

    /// <summary>The folder for whatever a test writes.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("baton-command-test").FullName;

    /// <summary>The machine's record, a folder.</summary>
    public string Record => Path.Join(Folder, "machine");

    /// <summary>An arm64 machine; without a tree there is no /sys/firmware/fdt.</summary>
    public static RecordedMachine Arm64(DeviceTree? tree) => new(Arm64Machines.Files(tree));

    /// <summary>Makes another machine of it.</summary>
    public void Replace(IReadOnlyDictionary<string, byte[]> files)
    {
        if (Directory.Exists(Record))
        {
            Directory.Delete(Record, recursive: true);
        }

        foreach ((string path, byte[] bytes) in files)
        {
            Write($"machine/{path}", bytes);
        }
    }

    /// <summary>Writes a file of a test.</summary>
    /// <returns>Its path.</returns>
    public string Write(string name, byte[] bytes)
    {
        string path = Path.Join(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary>Writes a file of the record.</summary>
    public void WriteRecord(string name, string text) => Write($"machine/{name}", Encoding.UTF8.GetBytes(text));

    /// <summary>Runs a command for the machine.</summary>
    public (int Code, string Output, string Error) Run(params string[] arguments) =>
        Invocation.Run([.. arguments, "--machine", Record]);

    /// <summary>Runs a command for the machine, with something on standard input.</summary>
    public (int Code, string Output, string Error) RunWith(string input, params string[] arguments) =>
        Invocation.Run([.. arguments, "--machine", Record], input);

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
