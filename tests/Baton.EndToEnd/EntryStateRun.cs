using System.Globalization;
using Baton.Bytes;
using Baton.Lab;
using Baton.Probe;

namespace Baton.EndToEnd;

/// <summary>
/// Measures what kexec leaves: a Linux in a virtual machine loads a blob with kexec_load(2) and jumps right into it, and
/// the blob writes what it finds to the console. Nothing of Baton is in between; both programs are made by gcc here.
/// </summary>
internal sealed record EntryStateRun
{
    private const int DebugExitStatus = 0x21;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private static readonly string[] BlobOptions =
    [
        "-Wall", "-Wextra", "-Werror", "-Os", "-ffreestanding", "-nostdlib", "-static", "-fno-pic", "-no-pie",
        "-mgeneral-regs-only", "-fno-stack-protector", "-fno-asynchronous-unwind-tables", "-Wl,--build-id=none",
        "-Wl,--no-warn-rwx-segments",
    ];

    /// <summary>The old kernel.</summary>
    public required DebianKernel Kernel { get; init; }

    public Architecture Architecture { get; init; } = Architecture.X64;

    /// <summary>QEMU's name of the processor, with features.</summary>
    public required string Processor { get; init; }

    /// <summary>Whether the firmware starts the old kernel at EL2.</summary>
    public bool StartsAtEl2 { get; init; }

    public int MemoryMiB { get; init; } = 512;

    public int Processors { get; init; } = 1;

    public Firmware Firmware { get; init; } = Firmware.Bios;

    private bool IsArm64 => Architecture == Architecture.Arm64;

    private string Destination => IsArm64 ? "0x48000000" : "0x2000000";

    /// <summary>Runs the machine to its end.</summary>
    public EntryState Measure()
    {
        string directory = Directory.CreateTempSubdirectory("baton-entry-").FullName;
        try
        {
            Initramfs initramfs = new Initramfs()
                .Directory("proc")
                .Add("init", File.ReadAllBytes(CompileLoader(directory)))
                .Add("blob", File.ReadAllBytes(CompileBlob(directory)));
            return Run(initramfs);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static string Source(string name) => Repository.GuestScript($"entry-state/{name}");

    private EntryState Run(Initramfs initramfs)
    {
        VirtualMachine machine = new()
        {
            Architecture = Architecture,
            StartsAtEl2 = StartsAtEl2,
            ProcessorModel = Processor,
            Processors = Processors,
            MemoryMiB = MemoryMiB,
            Firmware = Firmware,
            Kernel = Kernel.Image,
            Initramfs = initramfs,
            CommandLine = $"{(IsArm64 ? Guests.LineArm64 : Guests.Line)} quiet",
            HasDebugExit = !IsArm64,
        };
        using RunningMachine running = machine.Start(Limit);
        int status = running.WaitForEnd(Limit + TimeSpan.FromSeconds(30));
        string[] console = [.. running.Console.Lines.Select(line => line.Text)];
        Assert.True(
            status == (IsArm64 ? 0 : DebugExitStatus) && console.Contains($"{EntryState.ConsolePrefix}done"),
            $"status {status}; the console's last lines:\n  | " + string.Join("\n  | ", console.TakeLast(30)));
        return EntryState.FromConsole(console, [Facts()]);
    }

    private string Facts()
    {
        string version = HostProgram.Run(IsArm64 ? VirtualMachine.Arm64Program : VirtualMachine.Program, "--version");
        string start = IsArm64 ? StartsAtEl2 ? "EL2" : "EL1" : Firmware.ToString();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"machine={version.Split('\n')[0]}, -cpu {Processor} -smp {Processors} -m {MemoryMiB}, {start}");
    }

    private string CompileLoader(string directory)
    {
        string output = Path.Join(directory, "init");
        Tool("gcc", "-Wall", "-Wextra", "-Werror", "-Os", "-static", $"-DDESTINATION={Destination}UL", "-o", output,
            Source("loader.c"));
        return output;
    }

    private string CompileBlob(string directory)
    {
        string linked = Path.Join(directory, "blob.elf");
        string output = Path.Join(directory, "blob");
        string name = IsArm64 ? "arm64" : "x64";
        string[] options = IsArm64 ? ["-mstrict-align"] : ["-mno-red-zone", "-fcf-protection=none"];
        Tool(
            "gcc",
            [
                .. BlobOptions, .. options, $"-Wl,--defsym=DESTINATION={Destination},-T,{Source("blob.ld")}", "-o", linked,
                Source($"{name}-entry.S"), Source($"{name}-report.c"),
            ]);
        Tool("objcopy", "-O", "binary", linked, output);
        return output;
    }

    private void Tool(string name, params string[] arguments) =>
        HostProgram.Run(IsArm64 ? $"aarch64-linux-gnu-{name}" : name, arguments);
}
