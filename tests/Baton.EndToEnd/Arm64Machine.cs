using Baton.Cli;
using Baton.Lab;
using Baton.Machines;
using Baton.Tests.Cli;

namespace Baton.EndToEnd;

/// <summary>
/// A machine of arm64 that is recorded by tools/record-machine.sh in a first boot, planned for here, and handed over in a
/// second boot by a packed program as the only file of an initramfs.
/// </summary>
internal sealed class Arm64Machine : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("baton-arm64-").FullName;
    private readonly Scenario _boot;
    private ScenarioResult? _recorded;

    /// <param name="boot">The machine; its initramfs is not looked at.</param>
    public Arm64Machine(Scenario boot) => _boot = boot with
    {
        Architecture = Architecture.Arm64,
        Running = DebianKernel.CloudArm64,
        ProcessorModel = "cortex-a57",
    };

    /// <summary>A machine with a device tree from QEMU, for tests that want any.</summary>
    public static Scenario Any { get; } = new() { Initramfs = new Initramfs(), Processors = 2 };

    /// <summary>What the machine was when it was recorded.</summary>
    public Witness Before => Recorded().Witness("before");

    /// <summary>The record's file.</summary>
    public string Record
    {
        get
        {
            string file = Path("record.tar.gz");
            if (!File.Exists(file))
            {
                File.WriteAllBytes(file, Recorded().Frames.Bytes("record"));
            }

            return file;
        }
    }

    /// <summary>A file in a folder that goes with this machine.</summary>
    public string Path(string name) => System.IO.Path.Join(_folder, name);

    /// <summary>Writes bytes to such a file.</summary>
    /// <returns>Its path.</returns>
    public string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(Path(name), bytes);
        return Path(name);
    }

    /// <summary>Writes an initramfs to such a file.</summary>
    /// <returns>Its path.</returns>
    public string Write(string name, Initramfs initramfs)
    {
        initramfs.Save(Path(name));
        return Path(name);
    }

    /// <summary>An initramfs for arm64.</summary>
    public static Initramfs Guest(string scenario) => Guests.With(scenario, Architecture.Arm64);

    /// <summary>Packs a handoff for the record.</summary>
    /// <returns>What <c>baton pack</c> says, on both streams.</returns>
    public string Pack(string program, params string[] arguments)
    {
        (int status, string output, string error) = Invocation.Run(
            ["pack", .. arguments, "--machine", Record, "-o", Path(program)]);
        Assert.True(status == ExitCode.Ok, $"status {status}: {output}{error}");
        return output + error;
    }

    /// <summary>A boot with a packed program as the only file there is.</summary>
    public ScenarioResult RunAsInit(string program, int? memoryMiB = null) => (_boot with
    {
        Initramfs = new Initramfs(hasConsole: false).AddHostFile("init", Path(program)),
        MemoryMiB = memoryMiB ?? _boot.MemoryMiB,
        CommandLine = "strange words efi=debug",
    }).Run();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private ScenarioResult Recorded() => _recorded ??= (_boot with
    {
        Initramfs = Guest("""
            sh /record-machine.sh /tmp/record.tar.gz
            send record /tmp/record.tar.gz
            witness before
            """).AddHostFile("record-machine.sh", Repository.Tool("record-machine.sh")),
    }).Run();
}
