using System.Text;
using Baton.Cli;
using Baton.Formats.Pe;
using Baton.Lab;
using Baton.Tests.Cli;
using Baton.Tests.Formats;

namespace Baton.EndToEnd;

/// <summary>
/// A machine that is recorded in one boot, planned for here, and handed over in another boot by a packed program.
/// </summary>
internal sealed class PackedMachine : IDisposable
{
    /// <summary>The next kernel's command line.</summary>
    public const string NextCommandLine = "console=ttyS0 no_timer_check panic=-1 packed=here";

    private readonly string _folder = Directory.CreateTempSubdirectory("baton-pack-").FullName;
    private readonly Firmware _firmware;

    /// <param name="firmware">The machine's.</param>
    /// <param name="isUnified">Whether kernel, initrd and command line are packed out of a unified kernel image.</param>
    public PackedMachine(Firmware firmware, bool isUnified = false)
    {
        _firmware = firmware;
        ScenarioResult recorded = Scenario(Guests.With("witness a")).Run();
        Before = recorded.Witness("a");
        string record = Path.Join(_folder, "record.tar.gz");
        File.WriteAllBytes(record, recorded.Frames.Bytes("a"));
        Next = Guests.With("witness b");
        Program = Path.Join(_folder, "handoff");
        string[] kernel = isUnified ? [WriteUki()] : WriteParts();
        (int status, string output, string error) = Invocation.Run(
            ["pack", .. kernel, "--machine", record, "-o", Program]);
        Assert.True(status == ExitCode.Ok, $"status {status}: {error}");
        Said = output;
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

    private string[] WriteParts()
    {
        string initrd = Path.Join(_folder, "initrd");
        Next.Save(initrd);
        return [DebianKernel.Generic.Image, "--initrd", initrd, "--command-line", NextCommandLine];
    }

    private string WriteUki()
    {
        string uki = Path.Join(_folder, "uki.efi");
        File.WriteAllBytes(uki, TestPe.Build(
            PeMachine.X64,
            (".text", new byte[100]),
            (".osrel", "NAME=Test\n"u8.ToArray()),
            (".cmdline", Encoding.UTF8.GetBytes(NextCommandLine + "\n")),
            (".initrd", Next.ToArray()),
            (".linux", File.ReadAllBytes(DebianKernel.Generic.Image))));
        return uki;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
