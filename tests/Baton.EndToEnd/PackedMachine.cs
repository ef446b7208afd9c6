using Baton.Cli;
using Baton.Lab;

namespace Baton.EndToEnd;

/// <summary>
/// A machine that is recorded in one boot, planned for here, and handed over in another boot by a packed program.
/// </summary>
internal sealed class PackedMachine : IDisposable
{
    /// <summary>The next kernel's command line.</summary>
    public const string NextCommandLine = "console=ttyS0 panic=-1 packed=here";

    private readonly string _folder = Directory.CreateTempSubdirectory("baton-pack-").FullName;
    private readonly Firmware _firmware;

    public PackedMachine(Firmware firmware)
    {
        _firmware = firmware;
        ScenarioResult recorded = Scenario(Guests.With("witness a")).Run();
        Before = recorded.Witness("a");
        string record = Path.Join(_folder, "record.tar.gz");
        File.WriteAllBytes(record, recorded.Frames.Bytes("a"));
        string initrd = Path.Join(_folder, "initrd");
        Next = Guests.With("witness b");
        Next.Save(initrd);
        Program = Path.Join(_folder, "handoff");
        using StringWriter output = new();
        using StringWriter error = new();
        int status = Application.Run(
            [
                "pack", DebianKernel.Generic.Image, "--initrd", initrd, "--command-line", NextCommandLine,
                "--machine", record, "-o", Program,
            ],
            new CommandEnvironment { Output = output, Error = error, OutputIsTerminal = false, ErrorIsTerminal = false });
        Assert.True(status == ExitCode.Ok, $"status {status}: {error}");
        Said = output.ToString();
    }

    /// <summary>What the machine was when it was recorded.</summary>
    public Witness Before { get; }

    /// <summary>The packed program.</summary>
    public string Program { get; }

    /// <summary>What <c>baton pack</c> has printed.</summary>
    public string Said { get; }

    /// <summary>The next kernel's initramfs.</summary>
    public Initramfs Next { get; }

    /// <summary>A boot of this machine with a shell.</summary>
    public Scenario Scenario(Initramfs initramfs) => new() { Initramfs = initramfs, Firmware = _firmware };

    /// <summary>A boot with the program as the only file there is.</summary>
    public ScenarioResult RunAsInit(int memoryMiB = 1024) => new Scenario
    {
        Initramfs = new Initramfs(hasConsole: false).AddHostFile("init", Program),
        Firmware = _firmware,
        MemoryMiB = memoryMiB,
        CommandLine = "strange words",
    }.Run();

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
