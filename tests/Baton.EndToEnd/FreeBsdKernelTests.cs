using Baton.Lab;

namespace Baton.EndToEnd;

/// <summary>Real FreeBSD kernels, where somebody has some: from Linux to a root file system on a ramdisk.</summary>
public sealed class FreeBsdKernelTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(6);

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
            CommandLine = $"{Guests.Line} quiet",
            MemoryMiB = memory,
            Processors = 2,
            ProcessorModel = processor,
            Firmware = firmware,
            HasDataPort = true,
        };
        using RunningMachine running = machine.Start(Limit);
        freeBsd.Check(running, Limit);
    }

    /// <summary>
    /// Kernels up to 12 stop when they are to be verbose and there is no EFI map, so only with UEFI this one is.
    /// </summary>
    [Theory]
    [InlineData(Firmware.Bios, false)]
    [InlineData(Firmware.Uefi, false)]
    [InlineData(Firmware.Uefi, true)]
    public void An_arm64_kernel_boots_to_its_root(Firmware firmware, bool hasAcpi)
    {
        FreeBsdFolder freeBsd = FreeBsdFolder.OfVariable("BATON_FREEBSD_ARM64", isVerbose: firmware == Firmware.Uefi);
        using Arm64Machine machine = new(Arm64Machine.Any with { Firmware = firmware, HasAcpi = hasAcpi });
        machine.Pack(
            "handoff",
            [
                freeBsd.Kernel,
                .. freeBsd.Modules.SelectMany(module => (string[])["--module", module]),
                "--module", $"{freeBsd.Ramdisk}:md_image",
                .. freeBsd.Environment.SelectMany(variable => (string[])["--env", variable]),
            ]);
        VirtualMachine next = new()
        {
            Architecture = Architecture.Arm64,
            ProcessorModel = "cortex-a57",
            Processors = 2,
            MemoryMiB = 1024,
            Firmware = firmware,
            HasAcpi = hasAcpi,
            HasDataPort = true,
            Kernel = DebianKernel.CloudArm64.Image,
            Initramfs = new Initramfs(hasConsole: false).AddHostFile("init", machine.Path("handoff")),
            CommandLine = $"{Guests.LineArm64} quiet",
        };
        using RunningMachine running = next.Start(Limit);
        freeBsd.Check(running, Limit);
    }

    private static string LoaderConf(FreeBsdFolder freeBsd) => string.Concat(
    [
        .. freeBsd.Modules.Select(module => $"{Path.GetFileNameWithoutExtension(module)}_load=\"YES\"\n"),
        "mfsroot_load=\"YES\"\nmfsroot_type=\"md_image\"\nmfsroot_name=\"/boot/mfsroot.img\"\n",
        .. freeBsd.Environment.Where(variable => !variable.StartsWith("hint.", StringComparison.Ordinal))
            .Select(variable => variable.Replace("=", "=\"", StringComparison.Ordinal) + "\"\n"),
    ]);
}
