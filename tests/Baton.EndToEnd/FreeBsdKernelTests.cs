using Baton.Cli;
using Baton.Lab;

namespace Baton.EndToEnd;

/// <summary>Real FreeBSD kernels, where somebody has some: from Linux to a root file system on a ramdisk.</summary>
public sealed class FreeBsdKernelTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(6);

    private readonly string _folder = Directory.CreateTempSubdirectory("baton-freebsd-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(Firmware.Bios, "max", 1024)]
    [InlineData(Firmware.Uefi, "max,la57=off", 6144)]
    public void An_amd64_kernel_boots_to_its_root(Firmware firmware, string processor, int memory)
    {
        FreeBsdFolder freeBsd = FreeBsdFolder.OfVariable("BATON_FREEBSD_AMD64", isVerbose: true);
        bool byRoot = firmware == Firmware.Uefi;
        string options = byRoot
            ? "--freebsd /root"
            : "/root/boot/kernel/kernel --module /root/boot/mfsroot.img:md_image "
                + string.Join(' ', freeBsd.Modules.Select(module => $"--module /root/boot/modules/{Path.GetFileName(module)}"))
                + string.Concat(freeBsd.Environment.Select(variable => $" --env '{variable}'"));
        Initramfs initramfs = Guests.With($"""
            baton load {options} && echo "guest: loaded" && baton exec --now
            echo "guest: status $?"
            """)
            .AddHostFile("bin/baton", Repository.Binary)
            .AddHostFile("root/boot/kernel/kernel", freeBsd.Kernel)
            .AddHostFile("root/boot/mfsroot.img", freeBsd.Ramdisk)
            .Add("root/boot/device.hints", freeBsd.Hints)
            .Add("root/boot/loader.conf", LoaderConf(freeBsd));
        foreach (string module in freeBsd.Modules)
        {
            initramfs.AddHostFile($"root/boot/modules/{Path.GetFileName(module)}", module);
        }

        VirtualMachine machine = new()
        {
            Kernel = DebianKernel.Cloud.Image,
            Initramfs = initramfs,
            CommandLine = "console=ttyS0 panic=-1 quiet",
            MemoryMiB = memory,
            Processors = 2,
            ProcessorModel = processor,
            Firmware = firmware,
            HasDataPort = true,
        };
        using RunningMachine running = machine.Start(Limit);
        freeBsd.Check(running, Limit);
    }

    [Fact]
    public void An_arm64_kernel_boots_to_its_root()
    {
        FreeBsdFolder freeBsd = FreeBsdFolder.OfVariable("BATON_FREEBSD_ARM64", isVerbose: false);
        string witness = Path.Join(_folder, "witness");
        HostProgram.Run(
            "aarch64-linux-gnu-gcc", "-Os", "-static", "-o", witness, Repository.GuestScript("arm64-witness.c"));
        string record = Path.Join(_folder, "record");
        using (RunningMachine recorded = Arm64(new Initramfs().AddHostFile("init", witness)).Start(Limit))
        {
            recorded.WaitForEnd(Limit);
            new Arm64Witness(recorded.Console.Lines).Save(record);
        }

        string program = Path.Join(_folder, "handoff");
        using StringWriter output = new();
        using StringWriter error = new();
        int status = Application.Run(
            [
                "pack", freeBsd.Kernel, "--machine", record, "-o", program,
                .. freeBsd.Modules.SelectMany(module => (string[])["--module", module]),
                "--module", $"{freeBsd.Ramdisk}:md_image",
                .. freeBsd.Environment.SelectMany(variable => (string[])["--env", variable]),
            ],
            new CommandEnvironment { Output = output, Error = error, OutputIsTerminal = false, ErrorIsTerminal = false });
        Assert.True(status == ExitCode.Ok, $"status {status}: {error}");
        using RunningMachine running = Arm64(new Initramfs(hasConsole: false).AddHostFile("init", program)).Start(Limit);
        freeBsd.Check(running, Limit);
    }

    private static VirtualMachine Arm64(Initramfs initramfs) => new()
    {
        Architecture = Architecture.Arm64,
        ProcessorModel = "cortex-a57",
        Processors = 2,
        MemoryMiB = 1024,
        Kernel = DebianKernel.CloudArm64.Image,
        Initramfs = initramfs,
        CommandLine = "console=ttyAMA0 panic=-1 quiet",
    };

    private static string LoaderConf(FreeBsdFolder freeBsd) => string.Concat(
    [
        .. freeBsd.Modules.Select(module => $"{Path.GetFileNameWithoutExtension(module)}_load=\"YES\"\n"),
        "mfsroot_load=\"YES\"\nmfsroot_type=\"md_image\"\nmfsroot_name=\"/boot/mfsroot.img\"\n",
        .. freeBsd.Environment.Where(variable => !variable.StartsWith("hint.", StringComparison.Ordinal))
            .Select(variable => variable.Replace("=", "=\"", StringComparison.Ordinal) + "\"\n"),
    ]);
}
